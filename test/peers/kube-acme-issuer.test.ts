import assert from 'node:assert/strict';
import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { secretBytes, secrets } from '../../src/kube/api/secret.ts';
import { conditionOf } from '../../src/kube/conditions.ts';
import { issuerResource } from '../../src/kube/schema/issuer.ts';
import type { Issuer } from '../../src/kube/schema/issuer.ts';
import { freePort } from './free-port.ts';
import { issuerYaml } from './kube-acme-world.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { installOurCrds, startController, waitForObject } from './kube-controller.ts';
import type { RunningProcess } from './process.ts';
import { startPebble } from './pebble.ts';
import type { Pebble } from './pebble.ts';
import { peers } from './require-peer.ts';

const skip = kubeClusterSkip() || peers('pebble', 'openssl');
const LIMIT = { timeout: 60_000 };

describe('ACME issuers', { skip, timeout: 170_000 }, () => {
  let cluster: KubeCluster;
  let controller: RunningProcess;
  let pebble: Pebble;
  let customersOnly: Pebble;
  before(async () => {
    const dnsServer = '127.0.0.1:1';
    const externalAccounts = { 'kid-1': Buffer.alloc(32, 5).toString('base64url') };
    [cluster, pebble, customersOnly] = await Promise.all([
      startKubeCluster(),
      startPebble({ dnsServer }),
      startPebble({ dnsServer, externalAccounts }),
    ]);
    await installOurCrds(cluster);
    controller = await startController(cluster);
  });
  after(async () => {
    await controller?.stop('SIGKILL');
    await Promise.all([cluster?.stop(), pebble?.stop(), customersOnly?.stop()]);
  });

  const apply = (yaml: string) => cluster.kubectl(['apply', '-f', '-'], yaml);
  const yaml = (name: string, acme = '', solver?: string) =>
    issuerYaml({ pebble }, { name, kind: 'Issuer', acme, ...(solver === undefined ? {} : { solver }) });
  const signal = () => AbortSignal.timeout(10_000);
  const until = async (name: string, is: (issuer: Issuer) => boolean): Promise<Issuer> => {
    const isSo = (found: Issuer | undefined) => found !== undefined && is(found);
    const found = await waitForObject(cluster.client, issuerResource, { namespace: 'default', name }, isSo, 30_000);
    assert.ok(found !== undefined);
    return found;
  };
  const readyOf = ({ status }: Issuer) => conditionOf(status?.conditions, 'Ready');
  const isReady = (issuer: Issuer) =>
    readyOf(issuer)?.status === 'True' && readyOf(issuer)?.observedGeneration === issuer.metadata.generation;
  const keyOf = async (name: string) => {
    const secret = await cluster.client.get(secrets, { namespace: 'default', name }, { signal: signal() });
    assert.ok(secret !== undefined);
    assert.deepEqual(Object.keys(secret.data ?? {}), ['tls.key']);
    return createPrivateKey(Buffer.from(secretBytes(secret, 'tls.key') ?? '').toString());
  };

  test('registers an account with a key of its own making', LIMIT, async () => {
    await apply(yaml('plain', '    email: one@example.org'));
    const { status } = await until('plain', isReady);
    const ready = conditionOf(status?.conditions, 'Ready');
    assert.equal(ready?.reason, 'ACMEAccountRegistered');
    assert.equal(ready.message, 'The ACME account was registered with the ACME server');
    const account = status?.acme;
    assert.ok(account?.uri?.startsWith('https://127.0.0.1:'));
    assert.equal(account?.lastRegisteredEmail, 'one@example.org');
    const key = await keyOf('plain-account');
    assert.deepEqual([key.asymmetricKeyType, key.asymmetricKeyDetails?.modulusLength], ['rsa', 2048]);
    const digest = createHash('sha256')
      .update(key.export({ type: 'pkcs1', format: 'der' }))
      .digest('base64');
    assert.equal(account?.lastPrivateKeyHash, digest);
  });

  test('finds its account again by the key, which outlives it', LIMIT, async () => {
    await apply(yaml('again'));
    const first = await until('again', isReady);
    await cluster.kubectl(['delete', 'issuer', 'again']);
    await apply(yaml('again'));
    const second = await until('again', isReady);
    assert.notEqual(second.metadata.uid, first.metadata.uid);
    assert.equal(second.status?.acme?.uri, first.status?.acme?.uri);
  });

  test('follows a changed mail address, and stays ready', LIMIT, async () => {
    await apply(yaml('mail', '    email: one@example.org'));
    const first = await until('mail', isReady);
    await apply(yaml('mail', '    email: two@example.org'));
    const second = await until('mail', (issuer) => issuer.status?.acme?.lastRegisteredEmail === 'two@example.org');
    assert.equal(second.status?.acme?.uri, first.status?.acme?.uri);
    assert.ok(isReady(await until('mail', isReady)));
  });

  test('uses a key that is there, RSA or ECDSA', LIMIT, async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'ec-account' },
      stringData: { 'tls.key': pem },
    };
    await apply(JSON.stringify(secret));
    await apply(yaml('ec'));
    await until('ec', isReady);
    assert.equal((await keyOf('ec-account')).asymmetricKeyType, 'ec');
  });

  test('makes no key where that is forbidden, and goes on when one is there', LIMIT, async () => {
    await apply(yaml('given', '    disableAccountKeyGeneration: true'));
    const { status } = await until('given', (issuer) => readyOf(issuer)?.status === 'False');
    assert.match(conditionOf(status?.conditions, 'Ready')?.message ?? '', /no Secret "given-account"/);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' });
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'given-account' },
      stringData: { 'tls.key': pem },
    };
    await apply(JSON.stringify(secret));
    await until('given', isReady);
  });

  test(
    'an unreachable server: not ready, the key is there, and it is tried again until it answers',
    LIMIT,
    async () => {
      const port = await freePort();
      const unreachable = yaml('far').replace(pebble.directoryUrl, `https://127.0.0.1:${port}/dir`);
      await apply(unreachable);
      const { status } = await until('far', (issuer) => readyOf(issuer)?.status === 'False');
      const ready = conditionOf(status?.conditions, 'Ready');
      assert.equal(ready?.reason, 'ErrRegisterACMEAccount');
      assert.match(ready.message ?? '', /Failed to register ACME account: .*127\.0\.0\.1/);
      await keyOf('far-account');
      await apply(yaml('far'));
      await until('far', isReady);
    },
  );

  test('a server that is no URL', LIMIT, async () => {
    await apply(yaml('nowhere').replace(pebble.directoryUrl, 'nowhere'));
    const { status } = await until('nowhere', (issuer) => readyOf(issuer)?.status === 'False');
    assert.equal(conditionOf(status?.conditions, 'Ready')?.reason, 'InvalidURL');
  });

  test('skipTLSVerify in place of a root', LIMIT, async () => {
    await apply(yaml('anyone').replace(/ {4}caBundle: .*\n/, '    skipTLSVerify: true\n'));
    await until('anyone', isReady);
  });

  test('an external account, with the field of old; and its removal changes nothing', LIMIT, async () => {
    const hmac = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'eab' },
      stringData: { key: Buffer.alloc(32, 5).toString('base64url') },
    };
    await apply(JSON.stringify(hmac));
    const text = (acme: string) => issuerYaml({ pebble: customersOnly }, { name: 'customer', kind: 'Issuer', acme });
    const binding =
      '    externalAccountBinding:\n      keyID: kid-1\n      keyAlgorithm: HS256\n      keySecretRef: { name: eab, key: key }';
    await apply(text(''));
    const { status } = await until('customer', (issuer) => readyOf(issuer)?.status === 'False');
    assert.match(conditionOf(status?.conditions, 'Ready')?.message ?? '', /external account binding/);
    await apply(text(binding));
    await until('customer', isReady);
    await apply(text(''));
    const second = await until(
      'customer',
      (issuer) => readyOf(issuer)?.observedGeneration === issuer.metadata.generation,
    );
    assert.equal(readyOf(second)?.status, 'True');
    // Whoever looks after a while still finds it so.
    await systemClock.sleep(3000, signal());
    assert.ok(isReady(await until('customer', () => true)));
  });

  for (const [what, secret] of [
    ['is missing', undefined],
    ['lacks the key', { other: 'x' }],
  ] as const) {
    test(
      `a Secret of another provider's solver that ${what}: InvalidSolver, and the account's key is there`,
      LIMIT,
      async () => {
        const name = what.replace(' ', '-').replace(' ', '-');
        if (secret !== undefined) {
          await apply(
            JSON.stringify({
              apiVersion: 'v1',
              kind: 'Secret',
              metadata: { name: `${name}-token` },
              stringData: secret,
            }),
          );
        }
        await apply(yaml(name, '', `cloudflare: { apiTokenSecretRef: { name: ${name}-token, key: token } }`));
        const { status } = await until(name, (issuer) => readyOf(issuer)?.status === 'False');
        assert.equal(conditionOf(status?.conditions, 'Ready')?.reason, 'InvalidSolver');
        await keyOf(`${name}-account`);
        await apply(
          JSON.stringify({
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: `${name}-token` },
            stringData: { token: 'x' },
          }),
        );
        // Then it says what is true of it all the same: this provider is not built.
        await until(name, (issuer) => readyOf(issuer)?.reason === 'UnsupportedSolver');
      },
    );
  }
});
