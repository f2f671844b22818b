import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { signBySelf } from '../../issuers/self-signed.ts';
import { generateKey } from '../../pki/key.ts';
import { secretBytes, secrets } from '../api/secret.ts';
import type { Secret } from '../api/secret.ts';
import { conditionOf, toTime } from '../conditions.ts';
import type { KubeOptions } from '../options.ts';
import { signingRequestOf } from '../request/signing-request.ts';
import { approved, failed, issued, pending } from '../request/request-status.ts';
import { certificateRequestResource } from '../schema/certificate-request.ts';
import { certificateResource } from '../schema/certificate.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import { createFakeDeps } from '../testing/fake-deps.ts';
import type { CertificateDeps } from './certificate-deps.ts';
import { createKeyWorkshop } from './key-workshop.ts';
import { createIssuancePace } from './issuance-pace.ts';
import { createNextKeys } from './next-keys.ts';
import { createOwnWrites } from './own-writes.ts';
import { reconcileCertificate } from './reconcile-certificate.ts';
import { createSecretKeeper } from './secret-keeper.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const { signal } = new AbortController();

function setUp(options: Partial<KubeOptions> = {}) {
  const world = createFakeDeps(options);
  let woken = Promise.withResolvers<void>();
  let isMaking = false;
  const workshop = createKeyWorkshop({ generate: generateKey, slots: 1 });
  const ownWrites = createOwnWrites({ wake: () => {}, versionOf: () => undefined });
  const deps: CertificateDeps = {
    ...world.deps,
    ownWrites,
    nextKeys: createNextKeys(world.deps.secrets),
    workshop: {
      ...workshop,
      ask(owner, spec, onMade) {
        const answer = workshop.ask(owner, spec, onMade);
        isMaking = answer.kind === 'in-the-making';
        return answer;
      },
    },
    pace: createIssuancePace(),
    keeper: createSecretKeeper({ ...world.deps, ownWrites }),
    wake() {
      woken.resolve();
      woken = Promise.withResolvers();
    },
  };

  const certificate = (name = 'web'): Certificate => {
    const found = world.get(certificateResource, name);
    assert.ok(found);
    return found;
  };
  return {
    ...world,
    certificate,
    ask(more: Partial<CertificateSpec> = {}, name = 'web', metadata: Partial<Certificate['metadata']> = {}) {
      const spec = {
        secretName: `${name}-tls`,
        dnsNames: [`${name}.example.org`],
        privateKey: { algorithm: 'ECDSA' as const },
        issuerRef: { name: 'self' },
        ...more,
      };
      return world.put(certificateResource, { metadata: { name, ...metadata }, spec });
    },
    /** Until nothing more is to be done now; ms until it is to be looked at again. */
    async run(name = 'web'): Promise<number | undefined> {
      for (let turns = 0; turns < 20; turns += 1) {
        const { promise } = woken;
        isMaking = false;
        const writes = world.writes.length;
        const result = await reconcileCertificate(deps, `default/${name}`, signal);
        if (result.kind === 'again' && result.after > 0) return result.after;
        if (result.kind === 'again') continue;
        if (isMaking) await promise;
        else if (writes === world.writes.length) return undefined;
      }
      throw new Error('it never comes to rest');
    },
    /** What the request controller and a SelfSigned issuer do. */
    async sign(request: string, of: Partial<{ notBefore: number }> = {}): Promise<void> {
      const found = world.get(certificateRequestResource, request);
      assert.ok(found);
      const key = world.get(secrets, found.metadata.annotations?.['cert-manager.io/private-key-secret-name'] ?? '');
      assert.ok(key);
      const privateKey = Buffer.from(secretBytes(key, 'tls.key') ?? []).toString();
      const now = of.notBefore ?? world.clock.now();
      const signing = await signBySelf(signingRequestOf(found), { privateKey }, now);
      assert.equal(signing.outcome, 'signed');
      world.put(certificateRequestResource, { ...found, status: issued(approved({}, now), signing, now) });
    },
    setStatus(request: string, status: ReturnType<typeof pending>): void {
      const found = world.get(certificateRequestResource, request);
      assert.ok(found);
      world.put(certificateRequestResource, { ...found, status });
    },
    condition: (type: string, name = 'web') => conditionOf(certificate(name).status?.conditions, type),
    names: () => world.list(certificateRequestResource).map(({ metadata }) => metadata.name),
    temporary: (): Secret[] =>
      world.list(secrets).filter(({ metadata }) => metadata.labels?.['cert-manager.io/next-private-key'] === 'true'),
  };
}

async function issue(world: ReturnType<typeof setUp>): Promise<number | undefined> {
  await world.run();
  await world.sign('web-1');
  return world.run();
}

describe('an issuance', () => {
  test('begins, asks, and puts the Secret in place, in six writes', async () => {
    const world = setUp();
    world.ask();
    await world.run();
    assert.deepEqual(
      [world.condition('Ready')?.reason, world.condition('Issuing')?.reason],
      ['DoesNotExist', 'DoesNotExist'],
    );
    const name = world.certificate().status?.nextPrivateKeySecretName ?? '';
    assert.match(name, /^web-[a-z0-9]{5}$/);
    const [request] = world.list(certificateRequestResource);
    assert.deepEqual(request?.metadata.annotations, {
      'cert-manager.io/certificate-name': 'web',
      'cert-manager.io/certificate-revision': '1',
      'cert-manager.io/private-key-secret-name': name,
    });
    await world.sign('web-1');
    const pause = await world.run();
    const { status } = world.certificate();
    assert.deepEqual(
      status?.conditions?.map(({ type, status: is, observedGeneration }) => [type, is, observedGeneration]),
      [['Ready', 'True', 1]],
    );
    assert.deepEqual([status?.revision, status?.nextPrivateKeySecretName], [1, undefined]);
    assert.equal(status?.renewalTime, toTime(world.clock.now() + 60 * DAY));
    assert.equal(pause, 6 * HOUR);
    assert.deepEqual(world.writes, [
      'status Certificate/web',
      `create Secret/${name}`,
      'create CertificateRequest/web-1',
      'apply Secret/web-tls',
      'status Certificate/web',
      `delete Secret/${name}`,
    ]);
    assert.deepEqual(
      world.events.map(({ event }) => event.reason),
      ['Issuing', 'Generated', 'Requested', 'Issuing'],
    );
  });

  test('of a Certificate that is being deleted is not begun', async () => {
    const world = setUp();
    world.ask({}, 'web', { deletionTimestamp: toTime(world.clock.now()) });
    await world.run();
    assert.deepEqual(world.writes, []);
  });

  test('that waits says what for, after half a minute', async () => {
    const world = setUp();
    world.ask();
    const pause = await world.run();
    world.setStatus('web-1', pending({}, 'Referenced "Issuer" not found', world.clock.now()));
    assert.equal(pause, 30_000);
    await world.clock.advance(30_000);
    await world.run();
    assert.equal(
      world.condition('Issuing')?.message,
      'Issuing certificate as Secret does not exist (waiting: CertificateRequest "web-1": Referenced "Issuer" not found)',
    );
    assert.equal(world.condition('Issuing')?.status, 'True');
    const writes = world.writes.length;
    await world.run();
    assert.equal(world.writes.length, writes);
  });

  test('that fails is tried again after an hour, then two; a change of the spec does not wait', async () => {
    const world = setUp();
    world.ask();
    await world.run();
    world.setStatus('web-1', failed({}, 'Failed', 'the CA says no', world.clock.now()));
    assert.equal(await world.run(), HOUR + 1000);
    assert.deepEqual([world.condition('Issuing')?.status, world.condition('Issuing')?.reason], ['False', 'Failed']);
    assert.equal(
      world.condition('Issuing')?.message,
      'The certificate request has failed to complete and will be retried: the CA says no',
    );
    assert.deepEqual([world.certificate().status?.failedIssuanceAttempts, world.temporary().length], [1, 0]);
    await world.clock.advance(HOUR - 1000);
    await world.run();
    assert.equal(world.condition('Issuing')?.status, 'False');
    await world.clock.advance(1000);
    await world.run();
    assert.equal(world.condition('Issuing')?.status, 'True');
    assert.deepEqual(world.names(), ['web-1']);
    world.setStatus('web-1', failed({}, 'Failed', 'still no', world.clock.now()));
    await world.run();
    assert.equal(world.certificate().status?.failedIssuanceAttempts, 2);
    world.ask({ dnsNames: ['other.example.org'] });
    await world.run();
    assert.equal(world.condition('Issuing')?.status, 'True');
    await world.sign('web-1');
    await world.run();
    assert.deepEqual(
      [world.certificate().status?.failedIssuanceAttempts, world.certificate().status?.lastFailureTime],
      [undefined, undefined],
    );
  });

  test('of what no CSR can be made of fails with the reason, and is tried again when the spec changes', async () => {
    const world = setUp();
    world.ask({ dnsNames: [], ipAddresses: ['nonsense'] });
    await world.run();
    assert.equal(world.condition('Issuing')?.reason, 'RequestFailed');
    world.ask();
    await world.run();
    assert.deepEqual(world.names(), ['web-1']);
  });

  test('whose name for the request somebody else has says so, and goes on when it is free', async () => {
    const world = setUp();
    const spec = { request: '', issuerRef: { name: 'self' } };
    world.put(certificateRequestResource, { metadata: { name: 'web-1' }, spec });
    world.ask();
    assert.equal(await world.run(), 30_000);
    assert.match(world.condition('Issuing')?.message ?? '', /waiting: there is a CertificateRequest "web-1" already/);
    world.remove(certificateRequestResource, 'web-1');
    await world.run();
    await world.sign('web-1');
    await world.run();
    assert.equal(world.condition('Ready')?.status, 'True');
  });

  test('takes no certificate that has ended already, nor one for another key', async () => {
    const world = setUp();
    world.ask();
    await world.run();
    await world.sign('web-1', { notBefore: world.clock.now() - 91 * DAY });
    await world.run();
    assert.equal(world.condition('Issuing')?.reason, 'InvalidCertificate');
    assert.equal(world.get(secrets, 'web-tls'), undefined);
  });

  test('goes on with what is there, whatever the spec has become meanwhile', async () => {
    const world = setUp();
    world.ask();
    await world.run();
    const name = world.certificate().status?.nextPrivateKeySecretName;
    world.ask({ dnsNames: ['web.example.org', 'more.example.org'] });
    await world.run();
    assert.equal(world.certificate().status?.nextPrivateKeySecretName, name, 'the key is kept');
    assert.deepEqual(world.names(), ['web-1']);
    assert.ok(world.writes.includes('delete CertificateRequest/web-1'));
    world.ask({ privateKey: { algorithm: 'Ed25519' } });
    for (let turns = 0; turns < 3; turns += 1) await world.run();
    await world.sign('web-1');
    await world.run();
    assert.equal(world.condition('Ready')?.status, 'True');
  });

  test('is begun by anybody who sets the condition', async () => {
    const world = setUp();
    world.ask();
    await issue(world);
    const before = world.get(secrets, 'web-tls');
    const { metadata, spec, status } = world.certificate();
    const issuing = {
      type: 'Issuing',
      status: 'True',
      reason: 'ManuallyTriggered',
      lastTransitionTime: toTime(world.clock.now()),
    } as const;
    world.put(certificateResource, {
      metadata,
      spec,
      status: { ...status, conditions: [...(status?.conditions ?? []), issuing] },
    });
    await world.run();
    assert.equal(world.condition('Ready')?.status, 'True');
    await world.sign('web-2');
    await world.run();
    assert.notEqual(world.get(secrets, 'web-tls')?.data?.['tls.key'], before?.data?.['tls.key']);
    assert.deepEqual([world.certificate().status?.revision, world.names()], [2, ['web-2']]);
  });
});

describe('a certificate that is in place', () => {
  test('is renewed at two thirds of its lifetime, and is Ready until it ends', async () => {
    const world = setUp();
    world.ask();
    await issue(world);
    await world.clock.advance(60 * DAY - 1000);
    await world.run();
    assert.equal(world.condition('Issuing'), undefined);
    await world.clock.advance(1000);
    await world.run();
    assert.deepEqual([world.condition('Issuing')?.reason, world.condition('Ready')?.status], ['Renewing', 'True']);
    await world.clock.advance(31 * DAY);
    await world.run();
    assert.deepEqual([world.condition('Ready')?.status, world.condition('Ready')?.reason], ['False', 'Expired']);
  });

  test('whose renewal windows cannot be kept says so at once, and not again while nothing changes', async () => {
    const world = setUp();
    const errors = () => world.events.filter(({ event }) => event.reason === 'WindowError');
    world.ask({ renewal: { windows: [{ cron: 'when it rains', windowDuration: '1h' }] } });
    await issue(world);
    assert.match(errors()[0]?.event.message ?? '', /the renewal window "when it rains" cannot be understood/);
    await world.run();
    assert.equal(errors().length, 1);
    world.ask({ renewal: { windows: [{ cron: '0 3 * * *', windowDuration: '1h', timezone: 'Mars/Base' }] } });
    await world.run();
    assert.match(errors()[1]?.event.message ?? '', /"0 3 \* \* \*" in "Mars\/Base" cannot be understood/);
  });

  test('costs no write when it is looked at again', async () => {
    const world = setUp();
    world.ask({ secretTemplate: { labels: { a: 'b' } }, additionalOutputFormats: [{ type: 'DER' }] });
    await issue(world);
    const writes = world.writes.length;
    await world.run();
    await world.run();
    assert.equal(world.writes.length, writes);
  });

  test('stays when its Secret is put right', async () => {
    const world = setUp();
    world.ask();
    await issue(world);
    const before = world.get(secrets, 'web-tls');
    world.ask({ secretTemplate: { labels: { a: 'b' } } });
    await world.run();
    const now = world.get(secrets, 'web-tls');
    assert.equal(now?.metadata.labels?.['a'], 'b');
    assert.equal(now?.data?.['tls.crt'], before?.data?.['tls.crt']);
    assert.deepEqual([world.condition('Ready')?.observedGeneration, world.condition('Issuing')], [2, undefined]);
  });

  test('is not written by a second Certificate that names the same Secret', async () => {
    const world = setUp();
    world.ask();
    await issue(world);
    await world.clock.advance(1000);
    world.ask({ secretName: 'web-tls' }, 'rival');
    const writes = world.writes.length;
    assert.equal(await world.run('rival'), 181_000);
    assert.deepEqual(world.writes.slice(writes), ['status Certificate/rival']);
    assert.equal(world.condition('Ready', 'rival')?.reason, 'IncorrectCertificate');
    assert.equal(world.events.at(-1)?.event.reason, 'DuplicateSecretName');
  });

  test('with the flag is owned by its Certificate, and no longer without it', async () => {
    const world = setUp({ certificateOwnerRef: true });
    world.ask();
    await issue(world);
    assert.equal(world.get(secrets, 'web-tls')?.metadata.ownerReferences?.[0]?.name, 'web');
  });
});
