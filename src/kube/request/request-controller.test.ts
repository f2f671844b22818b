import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createCertificateRequest, requestPem } from '../../pki/certificate-request.ts';
import { generateKey, parsePrivateKey } from '../../pki/key.ts';
import { KubeError } from '../api/kube-error.ts';
import { conditionOf } from '../conditions.ts';
import type { KubeOptions } from '../options.ts';
import { certificateRequestResource } from '../schema/certificate-request.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import { issuerResource } from '../schema/issuer.ts';
import { createFakeDeps } from '../testing/fake-deps.ts';
import { createRequestController } from './request-controller.ts';
import type { RequestSigner } from './request-signer.ts';
import { requestState } from './request-state.ts';

async function setUp(t: TestContext, signer: RequestSigner, options: Partial<KubeOptions> = {}) {
  const world = createFakeDeps(options);
  const controller = createRequestController(world.deps, new Map([['selfSigned', signer]]));
  const stop = new AbortController();
  const running = controller.run(stop.signal);
  t.after(async () => {
    stop.abort();
    await running;
  });
  const csr = await createCertificateRequest({
    privateKey: parsePrivateKey(await generateKey({ algorithm: 'ECDSA' })),
    dnsNames: ['a.example.org'],
  });
  const ready = { conditions: [{ type: 'Ready', status: 'True' as const }] };
  world.put(issuerResource, { metadata: { name: 'self' }, spec: { selfSigned: {} }, status: ready });
  return {
    ...world,
    ask: (metadata: object = {}) =>
      world.put(certificateRequestResource, {
        metadata: { name: 'r', ...metadata },
        spec: { request: Buffer.from(requestPem(csr)).toString('base64'), issuerRef: { name: 'self' } },
      }),
    request: (): CertificateRequest => {
      const found = world.get(certificateRequestResource, 'r');
      assert.ok(found);
      return found;
    },
    async until(holds: () => boolean): Promise<void> {
      for (let turns = 0; !holds(); turns += 1) {
        assert.ok(turns < 2000, JSON.stringify(world.get(certificateRequestResource, 'r')?.status));
        await nextTurn();
      }
    },
  };
}

const signs: RequestSigner = { sign: async () => ({ kind: 'issued', certificate: 'PEM', ca: 'ROOT' }) };

describe('the request controller', { timeout: 20_000 }, () => {
  test('approves and issues in one write; of a request made by hand it tells', async (t) => {
    const world = await setUp(t, signs);
    world.ask();
    await world.until(() => requestState(world.request()).kind === 'issued');
    assert.deepEqual(world.writes, ['status CertificateRequest/r']);
    assert.equal(conditionOf(world.request().status?.conditions, 'Approved')?.status, 'True');
    assert.deepEqual(
      world.events.map(({ event }) => event.reason),
      ['CertificateIssued'],
    );
  });

  test('of a request that belongs to a Certificate, the Certificate tells', async (t) => {
    const world = await setUp(t, signs);
    const owner = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'web', uid: 'u', controller: true };
    world.ask({ ownerReferences: [owner] });
    await world.until(() => requestState(world.request()).kind === 'issued');
    assert.deepEqual(world.events, []);
  });

  test('a denial that comes while it is being signed wins', async (t) => {
    const { promise: signing, resolve: sign } = Promise.withResolvers<void>();
    let calls = 0;
    const world = await setUp(t, {
      async sign() {
        calls += 1;
        await signing;
        return { kind: 'issued', certificate: 'PEM' };
      },
    });
    const request = world.ask();
    await world.until(() => calls === 1);
    const denied = { type: 'Denied', status: 'True' as const, message: 'by policy' };
    world.put(certificateRequestResource, { ...request, status: { conditions: [denied] } });
    sign();
    await world.until(() => conditionOf(world.request().status?.conditions, 'Ready')?.reason === 'Denied');
    assert.equal(world.request().status?.certificate, undefined);
  });

  test('one that waits is signed again when its signer says so', async (t) => {
    let wake: (request: string) => void = () => {};
    let isThere = false;
    const world = await setUp(t, {
      watch: (call) => void (wake = call),
      sign: async () =>
        isThere ? { kind: 'issued', certificate: 'PEM' } : { kind: 'pending', message: 'Created Order resource x' },
    });
    world.ask();
    await world.until(() => conditionOf(world.request().status?.conditions, 'Ready')?.reason === 'Pending');
    const writes = world.writes.length;
    wake('default/r');
    for (let turns = 0; turns < 20; turns += 1) await nextTurn();
    assert.equal(world.writes.length, writes, 'the same once more is not written');
    isThere = true;
    wake('default/r');
    await world.until(() => requestState(world.request()).kind === 'issued');
  });

  test('what the API server refuses is said in its condition, without an approval, and once', async (t) => {
    const message = 'the API server does not let us create orders';
    const world = await setUp(t, {
      async sign() {
        throw new KubeError('kube-forbidden', message);
      },
    });
    world.ask();
    await world.until(() => requestState(world.request()).kind === 'waiting' && world.problems.length > 0);
    const { conditions } = world.request().status ?? {};
    assert.deepEqual(
      conditions?.map((condition) => [condition.type, condition.reason, condition.message]),
      [['Ready', 'Pending', message]],
    );
    assert.deepEqual(world.writes, ['status CertificateRequest/r']);
  });

  test('without the approver it waits, tells so once, and goes on when somebody approves', async (t) => {
    const world = await setUp(t, signs, { approve: false });
    const request = world.ask();
    await world.until(() => world.events.length === 1);
    world.put(certificateRequestResource, { ...request, metadata: { ...request.metadata, labels: { a: 'b' } } });
    for (let turns = 0; turns < 20; turns += 1) await nextTurn();
    assert.deepEqual(
      world.events.map(({ event }) => event.reason),
      ['WaitingForApproval'],
    );
    assert.deepEqual(world.writes, []);
    const approval = { type: 'Approved', status: 'True' as const };
    world.put(certificateRequestResource, { ...world.request(), status: { conditions: [approval] } });
    await world.until(() => requestState(world.request()).kind === 'issued');
  });

  test('an issuer that becomes Ready wakes those that wait for it', async (t) => {
    const world = await setUp(t, signs);
    world.remove(issuerResource, 'self');
    world.ask();
    await world.until(() => conditionOf(world.request().status?.conditions, 'Ready')?.reason === 'Pending');
    const ready = { conditions: [{ type: 'Ready', status: 'True' as const }] };
    world.put(issuerResource, { metadata: { name: 'self' }, spec: { selfSigned: {} }, status: ready });
    await world.until(() => requestState(world.request()).kind === 'issued');
  });
});
