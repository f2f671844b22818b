import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { parseDomainName } from '../../../core/domain-name.ts';
import type { DomainName } from '../../../core/domain-name.ts';
import type { AcmeCalls } from '../../../issuance/acme-calls.ts';
import type { DelegationFinding } from '../../../issuance/ports.ts';
import { createScriptedAcme } from '../../../issuance/testing/scripted-acme.ts';
import type { ScriptedAcme } from '../../../issuance/testing/scripted-acme.ts';
import { createCsr } from '../../../pki/csr.ts';
import { generateKey } from '../../../pki/key.ts';
import { secretData, secrets } from '../../api/secret.ts';
import { certificateRequestResource } from '../../schema/certificate-request.ts';
import type { CertificateRequest } from '../../schema/certificate-request.ts';
import { challengeResource } from '../../schema/challenge.ts';
import type { Challenge } from '../../schema/challenge.ts';
import type { ChallengeSolver } from '../../schema/challenge-solver.ts';
import { issuerResource } from '../../schema/issuer.ts';
import type { Issuer } from '../../schema/issuer.ts';
import { orderResource } from '../../schema/order.ts';
import type { Order } from '../../schema/order.ts';
import { createFakeDeps } from '../../testing/fake-deps.ts';
import type { FakeDeps } from '../../testing/fake-deps.ts';
import type { SigningOutcome } from '../../request/request-signer.ts';
import { challengeIndexes, orderIndexes } from '../acme-indexes.ts';
import { createAcmeSupport } from '../acme-support.ts';
import type { Answers } from '../answers.ts';
import { createOpenAnswers } from '../open-answers.ts';

const ZONE = parseDomainName('auth.example.net');
export const ACCOUNT = 'https://ca.example/account/1';
/** A key takes a tenth of a second to make, and none of the tests is about keys. */
const key = generateKey('P-256');

export interface AcmeInMemory {
  readonly kube: FakeDeps;
  readonly ca: ScriptedAcme;
  readonly issuer: Issuer;
  /** What is in DNS: `domain value`. */
  readonly served: Set<string>;
  /** Domains whose CNAME is not there. */
  readonly undelegated: Set<string>;
  /** How often delegations were looked at. */
  readonly looks: { count: number };
  /** The next call of `present` throws these, one each. */
  readonly presentFaults: unknown[];
  request(name: string, names: readonly string[], commonName?: boolean): Promise<CertificateRequest>;
  /** What the request controller does with an approved request. */
  sign(name: string): Promise<SigningOutcome>;
  order(request: string): Order;
  challenges(): readonly Challenge[];
  /** Moves the clock on in steps until it is so, at most for `longest` ms. */
  until(isSo: () => boolean, longest?: number): Promise<void>;
  solvers(solvers: readonly ChallengeSolver[]): void;
  /** What the issuer controller does. */
  setUpIssuer(): Promise<void>;
}

/** The controllers of ACME issuers between an API server in memory, a CA by script, and a DNS that is a set of values. */
export async function acmeInMemory(
  t: TestContext,
  o: {
    ready?: boolean;
    processing?: number;
    mostChallenges?: number;
    wrapCalls?: (calls: AcmeCalls) => AcmeCalls;
  } = {},
): Promise<AcmeInMemory> {
  const kube = createFakeDeps();
  const { clock } = kube;
  const ca = await createScriptedAcme({ now: () => clock.now(), ...o });
  const served = new Set<string>();
  const undelegated = new Set<string>();
  const looks = { count: 0 };
  const presentFaults: unknown[] = [];
  const answersAt = (place: string, own: boolean): Answers => ({
    place,
    own,
    target: async (domain) => parseDomainName(`${domain.replaceAll('.', '-')}.${ZONE}`),
    async present({ name, value }) {
      const fault = presentFaults.shift();
      if (fault !== undefined) throw fault;
      served.add(`${name} ${value}`);
    },
    remove: async ({ name, value }) => void served.delete(`${name} ${value}`),
  });
  const support = createAcmeSupport(kube.deps, {
    orders: kube.informer(orderResource, orderIndexes),
    challenges: kube.informer(challengeResource, challengeIndexes),
    access: {
      register: async () => ACCOUNT,
      changeEmail: async () => {},
      account: () => o.wrapCalls?.(ca) ?? ca,
      renewalInfo: async () => undefined,
    },
    openAnswers: createOpenAnswers({
      ownZone: ZONE,
      own: () => answersAt('own', true),
      remote: (_, host) => answersAt(host, false),
    }),
    checker: {
      async checkDelegation(domain: DomainName, target): Promise<DelegationFinding> {
        looks.count += 1;
        const name = parseDomainName(`_acme-challenge.${domain}`);
        if (!undelegated.has(domain)) return { kind: 'ready', name, target };
        const message = `add at your DNS provider:  ${name}.  CNAME  ${target}.`;
        return { kind: 'missing', name, target, fault: 'cname-missing', message };
      },
    },
    mostChallenges: o.mostChallenges ?? 60,
    random: () => 0,
  });
  const stop = new AbortController();
  const running = Promise.all(support.parts.map((part) => part.run(stop.signal)));
  t.after(async () => {
    stop.abort(new Error('the test is over'));
    await running;
  });

  const spec = (solvers: readonly ChallengeSolver[]) => ({
    acme: { server: 'https://ca.example/dir', privateKeySecretRef: { name: 'account' }, solvers: [...solvers] },
  });
  kube.put(secrets, { metadata: { name: 'account' }, data: secretData({ 'tls.key': await key }) });
  const condition = { type: 'Ready', status: 'True', reason: 'ACMEAccountRegistered' } as const;
  const issuer = kube.put(issuerResource, {
    metadata: { name: 'ca' },
    spec: spec([{ dns01: { acmeDNS: {} } }]),
    status: { conditions: [condition], acme: { uri: ACCOUNT } },
  });

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    // Signatures are made and read on other threads, which no clock of ours holds up.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }

  return {
    kube,
    ca,
    issuer,
    served,
    undelegated,
    looks,
    presentFaults,
    async request(name, names, commonName = false) {
      const der = await createCsr({ privateKey: await key, names, commonName });
      const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
      return kube.put(certificateRequestResource, {
        metadata: { name, labels: { team: 'web' }, annotations: { note: 'kept' } },
        spec: { request: Buffer.from(pem).toString('base64'), issuerRef: { name: 'ca' } },
      });
    },
    async sign(name) {
      const request = kube.get(certificateRequestResource, name);
      if (request === undefined) throw new Error(`there is no request ${name}`);
      return support.signer.sign(request, kube.get(issuerResource, 'ca') ?? issuer, AbortSignal.timeout(10_000));
    },
    order(request) {
      const found = kube
        .list(orderResource)
        .find(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.name === request));
      if (found === undefined) throw new Error(`there is no order of ${request}`);
      return found;
    },
    challenges: () => kube.list(challengeResource),
    async until(isSo, longest = 10 * 60_000) {
      const end = clock.now() + longest;
      await settle();
      while (!isSo()) {
        if (clock.now() > end)
          throw new Error(`it did not come to that; problems: ${kube.problems.map(String).join(', ')}`);
        await clock.advance(250);
        await settle();
      }
    },
    async setUpIssuer() {
      const found = kube.get(issuerResource, 'ca') ?? issuer;
      const { ready, reason, acme } = await support.setup(found, AbortSignal.timeout(10_000));
      const status = { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', reason } as const], acme };
      kube.put(issuerResource, { ...found, status });
    },
    solvers(solvers) {
      kube.put(issuerResource, { metadata: { name: 'ca' }, spec: spec(solvers) });
    },
  };
}
