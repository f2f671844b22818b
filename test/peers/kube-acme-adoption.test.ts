import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { openKubeAcmeAccess } from '../../src/app/kube-acme-access.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { AcmeCalls, AcmeOrder } from '../../src/issuance/acme-calls.ts';
import { statusOf } from '../../src/kube/acme/begin-order.ts';
import { csrOf } from '../../src/kube/acme/csr-of.ts';
import { secretBytes, secrets } from '../../src/kube/api/secret.ts';
import { conditionOf, withCondition } from '../../src/kube/conditions.ts';
import { certificateRequestResource } from '../../src/kube/schema/certificate-request.ts';
import type { CertificateRequest } from '../../src/kube/schema/certificate-request.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import { challengeResource } from '../../src/kube/schema/challenge.ts';
import { clusterIssuerResource } from '../../src/kube/schema/issuer.ts';
import { orderResource } from '../../src/kube/schema/order.ts';
import type { Order } from '../../src/kube/schema/order.ts';
import { certificateYaml, issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { waitForObject } from './kube-controller.ts';
import { peers } from './require-peer.ts';

// An ACME issuance that cert-manager had begun, at each point where it may have been stopped: its request, its Order and the order at the CA are used.

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');

interface Begun {
  readonly calls: AcmeCalls;
  readonly order: AcmeOrder;
  readonly csr: Uint8Array;
  readonly domain: string;
}

interface Moment {
  readonly name: string;
  readonly what: string;
  /** Whether control of the name was shown to the CA before. */
  readonly isValidated?: boolean;
  /** What cert-manager has done at the CA, and written into the status of its Order. undefined: nothing. */
  readonly status?: (begun: Begun) => Promise<Order['status']>;
  /** The status of its Challenge; undefined: there is none. */
  readonly challenge?: NonNullable<Parameters<typeof challengeStatus>[0]>;
  /** How it ends, where not with a certificate. */
  readonly failure?: RegExp;
}

const signal = () => AbortSignal.timeout(20_000);

function challengeStatus(state: 'new' | 'scheduled' | 'presented' | 'valid' | 'errored') {
  const pending = { processing: true, presented: false, state: 'pending' };
  switch (state) {
    case 'new':
      return undefined;
    case 'scheduled':
      return pending;
    case 'presented':
      return {
        ...pending,
        presented: true,
        reason: 'Waiting for DNS-01 challenge propagation: DNS record for "x" not yet propagated',
      };
    case 'valid':
      return { processing: false, presented: false, state: 'valid', reason: 'Successfully authorized domain' };
    case 'errored':
      return {
        processing: false,
        presented: false,
        state: 'errored',
        reason: 'Error accepting challenge: 404: No such challenge',
      };
    default:
      throw new Error(state);
  }
}

const pendingStatus = async ({ calls, order }: Begun, withDetails = true): Promise<Order['status']> => ({
  state: 'pending',
  url: order.url,
  finalizeURL: order.finalizeUrl,
  authorizations: await Promise.all(
    order.authorizationUrls.map(async (url) =>
      withDetails ? statusOf(await calls.getAuthorization(url, signal())) : { url },
    ),
  ),
});

const MOMENTS: readonly Moment[] = [
  { name: 'unsaid', what: 'an order at the CA whose URL was not written down', status: async () => undefined },
  { name: 'urls', what: 'an Order with URLs alone', status: (begun) => pendingStatus(begun, false) },
  { name: 'authz', what: 'an Order without a Challenge', status: pendingStatus },
  { name: 'challenge', what: 'a Challenge that nobody has looked at', status: pendingStatus, challenge: 'new' },
  { name: 'scheduled', what: 'a Challenge that was scheduled', status: pendingStatus, challenge: 'scheduled' },
  { name: 'presented', what: 'a Challenge that was presented', status: pendingStatus, challenge: 'presented' },
  {
    name: 'validated',
    what: 'a valid Challenge, and an Order that is pending still',
    isValidated: true,
    status: pendingStatus,
    challenge: 'valid',
  },
  {
    name: 'ready',
    what: 'an Order that is ready',
    isValidated: true,
    status: async (begun) => ({ ...(await pendingStatus(begun)), state: 'ready' }),
  },
  {
    name: 'finalized',
    what: 'an order that the CA has signed, unknown to its Order',
    isValidated: true,
    status: async (begun) => {
      await signed(begun);
      return { ...(await pendingStatus(begun)), state: 'ready' };
    },
  },
  {
    name: 'signed',
    what: 'a valid Order without its certificate',
    isValidated: true,
    status: async (begun) => {
      await signed(begun);
      return { ...(await pendingStatus(begun)), state: 'valid' };
    },
  },
  {
    name: 'fetched',
    what: 'a valid Order with its certificate, and a request that is pending still',
    isValidated: true,
    status: async (begun) => {
      const chain = await begun.calls.downloadChain((await signed(begun)).certificateUrl ?? '', undefined, signal());
      return { ...(await pendingStatus(begun)), state: 'valid', certificate: Buffer.from(chain).toString('base64') };
    },
  },
  {
    name: 'stuck',
    what: 'a Challenge that failed in the eyes of cert-manager alone, where cert-manager stays for ever',
    status: pendingStatus,
    challenge: 'errored',
    failure: /No such challenge/,
  },
];

/** Until the CA has signed it. */
async function signed({ calls, order, csr }: Begun): Promise<AcmeOrder> {
  let seen = await calls.finalizeOrder(order, csr, signal());
  const end = Date.now() + 20_000;
  while (seen.status !== 'valid' && Date.now() < end) seen = await calls.getOrder(order.url, signal());
  return seen;
}

describe('taking over ACME orders from cert-manager', { skip, timeout: 170_000 }, () => {
  let world: KubeAcmeWorld;
  const access = openKubeAcmeAccess({ clock: systemClock });
  const requests = new Map<string, string>();
  const orders = new Map<string, string>();
  let ordersAtCa = 0;

  before(async () => {
    world = await startKubeAcmeWorld({
      // What was validated once is so for later orders, as at Let's Encrypt.
      pebble: { env: { PEBBLE_AUTHZREUSE: '100' } },
      flags: ['--controllers=*,-certificaterequests-approver'],
    });
    await world.apply(issuerYaml(world.chain));
    const domains = MOMENTS.map(({ name }) => `${name}.example.org`);
    await world.delegate(domains);
    const validated = MOMENTS.filter(({ isValidated }) => isValidated).map(({ name }) => name);
    await world.apply(validated.map((name) => certificateYaml(`before-${name}`, [`${name}.example.org`])).join(''));
    for (const name of validated) await approve(`before-${name}-1`);
    for (const name of validated) await world.untilReady(`before-${name}`);
    await world.apply(MOMENTS.map(({ name }) => certificateYaml(name, [`${name}.example.org`])).join(''));
    for (const { name } of MOMENTS) await requestThere(`${name}-1`);
    await world.controller().stop('SIGKILL');
    const calls = await account();
    for (const moment of MOMENTS) await leaveAt(moment, calls);
    ordersAtCa = world.chain.pebble.counts().orders;
    await world.restartController();
  });
  after(async () => {
    await access.close();
    await world?.stop();
  });

  const requestThere = async (name: string): Promise<CertificateRequest> => {
    const found = await waitForObject(
      world.cluster.client,
      certificateRequestResource,
      { namespace: 'default', name },
      (seen) => seen !== undefined,
    );
    assert.ok(found);
    return found;
  };

  async function approve(name: string, andMore: Partial<Record<'message', string>> = {}): Promise<CertificateRequest> {
    const request = await requestThere(name);
    const message = 'Certificate request has been approved by cert-manager.io';
    let conditions = withCondition(
      request.status?.conditions,
      { type: 'Approved', status: 'True', reason: 'cert-manager.io', message },
      Date.now(),
    );
    if (andMore.message !== undefined)
      conditions = withCondition(
        conditions,
        { type: 'Ready', status: 'False', reason: 'Pending', message: andMore.message },
        Date.now(),
      );
    return world.cluster.client.updateStatus(
      certificateRequestResource,
      { ...request, status: { ...request.status, conditions: [...conditions] } },
      { signal: signal() },
    );
  }

  async function account(): Promise<AcmeCalls> {
    const { client } = world.cluster;
    const issuer = await client.get(clusterIssuerResource, { name: 'pebble' }, { signal: signal() });
    const secret = await client.get(
      secrets,
      { namespace: 'cert-manager', name: 'pebble-account' },
      { signal: signal() },
    );
    assert.ok(issuer && secret);
    const privateKey = Buffer.from(secretBytes(secret, 'tls.key') ?? []).toString();
    const { pebble } = world.chain;
    const server = {
      directoryUrl: pebble.directoryUrl,
      trust: readFileSync(pebble.rootFile, 'utf8'),
      trustAnyone: false,
    };
    return access.account(server, { privateKey, uri: issuer.status?.acme?.uri ?? '' });
  }

  /** Writes what cert-manager would have written by then. */
  async function leaveAt({ name, status, challenge }: Moment, calls: AcmeCalls): Promise<void> {
    const { client } = world.cluster;
    const place = { namespace: 'default', name: `${name}-1-1234567890` };
    const request = await approve(`${name}-1`, {
      message: `Waiting on certificate issuance from order default/${place.name}: "pending"`,
    });
    requests.set(name, request.metadata.uid ?? '');
    const domain = `${name}.example.org`;
    const spec = { request: request.spec.request, issuerRef: request.spec.issuerRef, dnsNames: [domain] };
    const made = await client.create(
      orderResource,
      { metadata: { ...place, ownerReferences: [ownerOf('cert-manager.io/v1', request)] }, spec },
      { signal: signal() },
    );
    orders.set(name, made.metadata.uid ?? '');
    if (status === undefined) return;
    const order = await calls.createOrder({ names: [domain], profile: undefined, replaces: undefined }, signal());
    const now = await status({ calls, order, csr: csrOf(request), domain });
    if (now !== undefined) await client.updateStatus(orderResource, { ...made, status: now }, { signal: signal() });
    if (challenge === undefined) return;
    const authorization = await calls.getAuthorization(order.authorizationUrls[0] ?? '', signal());
    const { url, token = '' } = authorization.challenges.find(({ type }) => type === 'dns-01') ?? { url: '' };
    const draft = {
      metadata: {
        namespace: 'default',
        name: `${place.name}-3393731679`,
        ownerReferences: [ownerOf('acme.cert-manager.io/v1', made)],
        ...(challenge !== 'new' && { finalizers: ['acme.cert-manager.io/finalizer'] }),
      },
      spec: {
        authorizationURL: authorization.url,
        dnsName: domain,
        issuerRef: spec.issuerRef,
        key: calls.dns01Value(token),
        solver: { dns01: { acmeDNS: {} } },
        token,
        type: 'DNS-01' as const,
        url,
        wildcard: false,
      },
    };
    const there = await client.create(challengeResource, draft, { signal: signal() });
    const state = challengeStatus(challenge);
    if (state !== undefined)
      await client.updateStatus(
        challengeResource,
        { ...there, status: state as typeof there.status },
        { signal: signal() },
      );
  }

  for (const { name, what, failure } of MOMENTS) {
    test(`${name}: ${what}`, async () => {
      const { client } = world.cluster;
      if (failure === undefined) await world.untilReady(name, 60_000);
      else {
        const key = { namespace: 'default', name };
        const failed = await waitForObject(
          client,
          certificateResource,
          key,
          (seen) => seen?.status?.failedIssuanceAttempts === 1,
          60_000,
        );
        assert.match(conditionOf(failed?.status?.conditions, 'Issuing')?.message ?? '', failure);
      }
      const request = await requestThere(`${name}-1`);
      assert.equal(request.metadata.uid, requests.get(name));
      const order = await client.get(
        orderResource,
        { namespace: 'default', name: `${name}-1-1234567890` },
        { signal: signal() },
      );
      assert.equal(order?.metadata.uid, orders.get(name));
      assert.equal(order?.status?.state, failure === undefined ? 'valid' : 'errored');
    });
  }

  test('nothing was ordered a second time, and nothing is left over', async () => {
    assert.equal(world.chain.pebble.counts().orders, ordersAtCa);
    const { client } = world.cluster;
    for (const { name, challenge, failure } of MOMENTS) {
      const key = { namespace: 'default', name: `${name}-1-1234567890-3393731679` };
      if (challenge !== undefined && failure === undefined)
        await waitForObject(client, challengeResource, key, (left) => left === undefined);
    }
    const { items } = JSON.parse(await world.cluster.kubectl(['get', 'orders', '-o', 'json'])) as { items: unknown[] };
    assert.equal(items.length, MOMENTS.length + MOMENTS.filter(({ isValidated }) => isValidated).length);
  });
});

function ownerOf(apiVersion: string, { kind, metadata }: CertificateRequest | Order) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
}
