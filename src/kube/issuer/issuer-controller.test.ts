import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { signBySelf } from '../../issuers/self-signed.ts';
import { createCertificateRequest, requestPem } from '../../pki/certificate-request.ts';
import { generateKey, parsePrivateKey } from '../../pki/key.ts';
import { secrets } from '../api/secret.ts';
import { conditionOf } from '../conditions.ts';
import { issuerResource } from '../schema/issuer.ts';
import type { Issuer } from '../schema/issuer.ts';
import { createFakeDeps } from '../testing/fake-deps.ts';
import { createAuthoritySetup } from './authority-setup.ts';
import { createIssuerController } from './issuer-controller.ts';
import type { IssuerSetup } from './issuer-setup.ts';
import type { IssuerType } from './issuer-type.ts';
import { setUpSelfSigned } from './self-signed-setup.ts';

function setUp(t: TestContext, acme?: IssuerSetup) {
  const world = createFakeDeps();
  const setups = new Map<IssuerType, IssuerSetup>([
    ['selfSigned', setUpSelfSigned],
    ['ca', createAuthoritySetup(world.deps)],
    ...(acme === undefined ? [] : [['acme', acme] as const]),
  ]);
  const controller = createIssuerController(world.deps, world.deps.issuers, setups);
  const stop = new AbortController();
  const running = controller.run(stop.signal);
  t.after(async () => {
    stop.abort();
    await running;
  });
  return {
    ...world,
    async until(holds: (issuer: Issuer | undefined) => boolean): Promise<void> {
      for (let turns = 0; !holds(world.get(issuerResource, 'x')); turns += 1) {
        assert.ok(turns < 2000, JSON.stringify(world.get(issuerResource, 'x')));
        await nextTurn();
      }
    },
    reason: () => conditionOf(world.get(issuerResource, 'x')?.status?.conditions, 'Ready')?.reason,
  };
}

async function authority(): Promise<Record<string, string>> {
  const privateKey = await generateKey({ algorithm: 'ECDSA' });
  const csr = await createCertificateRequest({
    privateKey: parsePrivateKey(privateKey),
    commonName: 'CA',
    isCA: true,
    usages: ['cert sign'],
  });
  const signing = await signBySelf(
    { csr: requestPem(csr), isCA: true, usages: ['cert sign'] },
    { privateKey },
    Date.now(),
  );
  assert.equal(signing.outcome, 'signed');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return { 'tls.crt': base64(signing.certificate), 'tls.key': base64(privateKey) };
}

const isReason = (reason: string) => (issuer: Issuer | undefined) =>
  conditionOf(issuer?.status?.conditions, 'Ready')?.reason === reason;

describe('the Ready condition of issuers', { timeout: 20_000 }, () => {
  test('SelfSigned needs nothing', async (t) => {
    const world = setUp(t);
    world.put(issuerResource, { metadata: { name: 'x' }, spec: { selfSigned: {} } });
    await world.until(isReason('IsReady'));
    assert.deepEqual(world.writes, ['status Issuer/x']);
    assert.deepEqual(world.events, []);
  });

  test('a CA waits for its key pair, says what is wrong with it, and follows its Secret', async (t) => {
    const world = setUp(t);
    world.put(issuerResource, { metadata: { name: 'x' }, spec: { ca: { secretName: 'ca-tls' } } });
    await world.until(isReason('ErrGetKeyPair'));
    assert.equal(
      conditionOf(world.get(issuerResource, 'x')?.status?.conditions, 'Ready')?.message,
      'Error getting keypair for CA issuer: secrets "ca-tls" not found',
    );
    const material = await authority();
    const other = await authority();
    world.put(secrets, { metadata: { name: 'ca-tls' }, data: { ...material, 'tls.key': other['tls.key'] ?? '' } });
    await world.until(isReason('ErrInvalidKeyPair'));
    world.put(secrets, { metadata: { name: 'ca-tls' }, data: material });
    await world.until(isReason('KeyPairVerified'));
    // Another change of the Secret is no news.
    world.put(secrets, { metadata: { name: 'ca-tls', labels: { a: 'b' } }, data: material });
    for (let turns = 0; turns < 20; turns += 1) await nextTurn();
    assert.deepEqual(
      world.events.map(({ event }) => `${event.type} ${event.reason}`),
      ['Warning ErrGetKeyPair', 'Warning ErrInvalidKeyPair', 'Normal KeyPairVerified'],
    );
  });

  test('a type that is not supported, and none at all, are said', async (t) => {
    const world = setUp(t);
    world.put(issuerResource, { metadata: { name: 'x' }, spec: {} });
    await world.until(isReason('UnsupportedIssuer'));
    assert.match(
      conditionOf(world.get(issuerResource, 'x')?.status?.conditions, 'Ready')?.message ?? '',
      /has no type/,
    );
  });

  test('a setup that breaks is in the condition, and is tried again', async (t) => {
    let tries = 0;
    const world = setUp(t, async () => {
      tries += 1;
      if (tries === 1) throw new Error('the CA is away');
      return { ready: true, reason: 'ACMEAccountRegistered', message: 'ok', acme: { uri: 'https://ca/1' } };
    });
    const acme = { server: 'https://ca', privateKeySecretRef: { name: 'k' } };
    world.put(issuerResource, { metadata: { name: 'x' }, spec: { acme } });
    await world.until(isReason('ErrInitIssuer'));
    assert.equal(world.problems.length, 1);
    await world.clock.advance(10_000);
    await world.until(isReason('ACMEAccountRegistered'));
    assert.equal(world.get(issuerResource, 'x')?.status?.acme?.uri, 'https://ca/1');
  });
});
