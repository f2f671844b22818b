import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { after as afterAll, before as beforeAll, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { secrets } from '../../src/kube/api/secret.ts';
import type { Secret } from '../../src/kube/api/secret.ts';
import { conditionOf } from '../../src/kube/conditions.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import { certificateRequestResource } from '../../src/kube/schema/certificate-request.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { waitForObject } from './kube-controller.ts';
import { isDone, NAMESPACE, reasonOf, startKubeWorld, textIn } from './kube-world.ts';
import type { KubeWorld } from './kube-world.ts';

// What happens to a Certificate after it was issued, and what others do to it and to its Secret.

const ECDSA = { privateKey: { algorithm: 'ECDSA' } } as const;
const issuerRef = { name: 'ca' } as const;
const soon = () => ({ signal: AbortSignal.timeout(20_000) });

describe(
  'the life of a Certificate on a real API server',
  { skip: kubeClusterSkip(), timeout: 170_000, concurrency: 4 },
  () => {
    let world: KubeWorld;
    const ends: (() => unknown)[] = [];
    beforeAll(async () => {
      world = await startKubeWorld({ after: (end: () => unknown) => void ends.unshift(end) } as unknown as TestContext);
      await world.issuer('self', { selfSigned: {} });
      await world.create('root', {
        ...ECDSA,
        isCA: true,
        commonName: 'Root',
        secretName: 'root-tls',
        issuerRef: { name: 'self' },
      });
      await world.issuer('ca', { ca: { secretName: 'root-tls' } });
      await world.issuerReady('ca');
    });
    afterAll(async () => {
      for (const end of ends) await end();
    });

    const issue = async (name: string, more: object = {}, metadata: object = {}): Promise<Secret> => {
      await world.create(
        name,
        { ...ECDSA, dnsNames: [`${name}.example.org`], secretName: `${name}-tls`, issuerRef, ...more },
        metadata,
      );
      await world.ready(name);
      return theSecret(name);
    };
    const theSecret = async (name: string): Promise<Secret> => {
      const secret = await world.secret(`${name}-tls`);
      assert.ok(secret);
      return secret;
    };
    const replaced = (name: string, before: Secret, timeout?: number): Promise<Secret> =>
      world.secretUntil(
        `${name}-tls`,
        (secret) => (secret.data?.['tls.crt'] ?? '') !== '' && secret.data?.['tls.crt'] !== before.data?.['tls.crt'],
        timeout,
      );

    test('Issuing=True, set by anybody, renews: new key, next revision, the old request goes, foreign keys stay', async () => {
      const before = await issue('renewed', { additionalOutputFormats: [{ type: 'DER' }, { type: 'CombinedPEM' }] });
      const patch = { data: { extra: 'a2VwdA==' }, metadata: { labels: { mine: 'yes' } } };
      await world.client.patch(
        secrets,
        { namespace: NAMESPACE, name: 'renewed-tls' },
        { type: 'merge', body: patch },
        soon(),
      );
      await world.renew('renewed');
      const secret = await replaced('renewed', before);
      await world.until('renewed', (certificate) => isDone(certificate) && certificate.status?.revision === 2);
      assert.notEqual(secret.data?.['tls.key'], before.data?.['tls.key']);
      assert.equal(secret.data?.['extra'], 'a2VwdA==');
      assert.equal(secret.metadata.labels?.['mine'], 'yes');
      assert.equal(textIn(secret, 'tls-combined.pem'), `${textIn(secret, 'tls.key')}\n${textIn(secret, 'tls.crt')}`);
      await waitForObject(
        world.client,
        certificateRequestResource,
        { namespace: NAMESPACE, name: 'renewed-1' },
        (gone) => gone === undefined,
      );
      assert.deepEqual(
        (await world.requestsOf('renewed')).map(({ metadata }) => metadata.name),
        ['renewed-2'],
      );
    });

    test('a renewal leaves Ready as it is, and the temporary Secret goes', async () => {
      const before = await issue('calm');
      const seen: (string | undefined)[] = [];
      const since = conditionOf((await world.certificate('calm'))?.status?.conditions, 'Ready')?.lastTransitionTime;
      await world.renew('calm');
      const done = await world.until('calm', (certificate) => {
        seen.push(conditionOf(certificate.status?.conditions, 'Ready')?.status);
        return isDone(certificate) && certificate.status?.revision === 2;
      });
      await replaced('calm', before);
      assert.deepEqual([...new Set(seen)], ['True']);
      assert.equal(conditionOf(done.status?.conditions, 'Ready')?.lastTransitionTime, since);
      await noNextKeys('calm');
    });

    const noNextKeys = async (name: string): Promise<void> => {
      const { metadata } = (await world.certificate(name)) ?? {};
      for (let tries = 0; ; tries += 1) {
        const left: string[] = [];
        for await (const { items } of world.client.list(
          secrets,
          { namespace: NAMESPACE, labelSelector: 'cert-manager.io/next-private-key=true' },
          soon(),
        )) {
          for (const { metadata: secret } of items)
            if (secret.ownerReferences?.some(({ uid }) => uid === metadata?.uid) === true) left.push(secret.name);
        }
        if (left.length === 0) return;
        assert.ok(tries < 100, `${left.join(', ')} is still there`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };

    test('a deleted Secret is made again', async () => {
      const before = await issue('deleted');
      await world.client.delete(secrets, { namespace: NAMESPACE, name: 'deleted-tls' }, soon());
      await replaced('deleted', before);
      await world.until('deleted', (certificate) => isDone(certificate) && certificate.status?.revision === 2);
    });

    test('rotationPolicy Never: a blank tls.crt is filled again, for the same key', async () => {
      const before = await issue('kept', { privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Never' } });
      const body = { data: { 'tls.crt': '' } };
      await world.client.patch(secrets, { namespace: NAMESPACE, name: 'kept-tls' }, { type: 'merge', body }, soon());
      const secret = await replaced('kept', before);
      assert.equal(secret.data?.['tls.key'], before.data?.['tls.key']);
      assert.ok(
        new X509Certificate(textIn(secret, 'tls.crt')).publicKey.equals(
          createPublicKey(createPrivateKey(textIn(before, 'tls.key'))),
        ),
      );
      await world.ready('kept');
    });

    test('rotationPolicy Never and another algorithm: only a person can say what is meant, and the Certificate says so', async () => {
      await issue('blocked', { privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Never' } });
      await world.change('blocked', { privateKey: { algorithm: 'Ed25519' } });
      await world.until('blocked', ({ status }) =>
        /rotationPolicy Never/.test(conditionOf(status?.conditions, 'Issuing')?.message ?? ''),
      );
      assert.equal((await world.requestsOf('blocked')).length, 1);
      await world.change('blocked', { privateKey: { rotationPolicy: 'Always' } });
      await world.ready('blocked');
      assert.equal(createPrivateKey(textIn(await theSecret('blocked'), 'tls.key')).asymmetricKeyType, 'ed25519');
    });

    test('a new DNS name is in the next certificate, and Ready reaches the new generation', async () => {
      const before = await issue('changed');
      await world.change('changed', { dnsNames: ['changed.example.org', 'more.example.org'] });
      const secret = await replaced('changed', before);
      assert.match(new X509Certificate(textIn(secret, 'tls.crt')).subjectAltName ?? '', /more\.example\.org/);
      assert.equal(secret.metadata.annotations?.['cert-manager.io/alt-names'], 'changed.example.org,more.example.org');
      assert.equal((await world.ready('changed')).metadata.generation, 2);
    });

    test('an issuer that does not exist is waited for', async () => {
      await world.create('orphan', {
        ...ECDSA,
        dnsNames: ['orphan.example.org'],
        secretName: 'orphan-tls',
        issuerRef: { name: 'nobody' },
      });
      const request = await waitForObject(
        world.client,
        certificateRequestResource,
        { namespace: NAMESPACE, name: 'orphan-1' },
        (found) => conditionOf(found?.status?.conditions, 'Ready') !== undefined,
      );
      const ready = conditionOf(request?.status?.conditions, 'Ready');
      assert.deepEqual([ready?.status, ready?.reason], ['False', 'Pending']);
      assert.equal(ready?.message, 'Referenced "Issuer" not found: issuer.cert-manager.io "nobody" not found');
      await world.issuer('nobody', { selfSigned: {} });
      await world.ready('orphan');
    });

    test('a Certificate that is deleted and made again takes its Secret over as it is', async () => {
      const before = await issue('again');
      await world.client.delete(certificateResource, { namespace: NAMESPACE, name: 'again' }, soon());
      await waitForObject(
        world.client,
        certificateRequestResource,
        { namespace: NAMESPACE, name: 'again-1' },
        (gone) => gone === undefined,
      );
      const secret = await issue('again');
      assert.equal(secret.metadata.resourceVersion, before.metadata.resourceVersion);
      assert.deepEqual(await world.requestsOf('again'), []);
      assert.equal((await world.certificate('again'))?.status?.revision, undefined);
    });

    test('several Certificates with one Secret: one has it, the others say so, and made unique all are issued', async () => {
      const names = ['twin-a', 'twin-b', 'twin-c'];
      for (const name of names)
        await world.create(name, { ...ECDSA, dnsNames: [`${name}.example.org`], secretName: 'twin-tls', issuerRef });
      const owner = await world.secretUntil('twin-tls', () => true);
      const winner = owner.metadata.annotations?.['cert-manager.io/certificate-name'] ?? '';
      await world.ready(winner);
      const losers = names.filter((name) => name !== winner);
      for (const name of losers) {
        await world.until(name, (certificate) => reasonOf(certificate, 'Ready') === 'IncorrectCertificate');
        assert.deepEqual(await world.requestsOf(name), []);
      }
      assert.equal((await world.requestsOf(winner)).length, 1);
      for (const name of losers) await world.change(name, { secretName: `${name}-tls` });
      for (const name of names) await world.ready(name, 10_000);
    });

    test('nothing is made for a Certificate that is being deleted', async () => {
      await issue('going', {}, { finalizers: ['example.org/hold'] });
      const key = { namespace: NAMESPACE, name: 'going' };
      await world.client.delete(certificateResource, key, { ...soon(), propagation: 'Foreground' });
      await world.client.delete(secrets, { namespace: NAMESPACE, name: 'going-tls' }, soon());
      // Another one that is begun after it is done before: so ours has been looked at as well.
      await issue('after-going');
      assert.equal(await world.secret('going-tls'), undefined);
      assert.ok((await world.requestsOf('going')).every(({ metadata }) => metadata.name === 'going-1'));
      await world.client.patch(
        certificateResource,
        key,
        { type: 'json', body: [{ op: 'remove', path: '/metadata/finalizers' }] },
        soon(),
      );
    });

    test('a temporary certificate, where it is asked for, until the issuer has signed', async () => {
      const annotations = { 'cert-manager.io/issue-temporary-certificate': 'true' };
      await world.create(
        'temporary',
        { ...ECDSA, dnsNames: ['temporary.example.org'], secretName: 'temporary-tls', issuerRef: { name: 'later' } },
        { annotations },
      );
      const before = await world.secretUntil('temporary-tls', () => true);
      const certificate = new X509Certificate(textIn(before, 'tls.crt'));
      assert.equal(certificate.issuer, 'CN=cert-manager.local');
      assert.match(certificate.subjectAltName ?? '', /temporary\.example\.org/);
      assert.equal(conditionOf((await world.certificate('temporary'))?.status?.conditions, 'Ready')?.status, 'False');
      await world.issuer('later', { selfSigned: {} });
      await world.ready('temporary');
      await replaced('temporary', before);
    });

    test('revisionHistoryLimit says how many requests are kept', async () => {
      await issue('history', { revisionHistoryLimit: 2 });
      for (const revision of [2, 3]) {
        await world.renew('history');
        await world.until('history', (certificate) => isDone(certificate) && certificate.status?.revision === revision);
      }
      await waitForObject(
        world.client,
        certificateRequestResource,
        { namespace: NAMESPACE, name: 'history-1' },
        (gone) => gone === undefined,
      );
      assert.deepEqual((await world.requestsOf('history')).map(({ metadata }) => metadata.name).toSorted(), [
        'history-2',
        'history-3',
      ]);
    });

    test('an issuer of a type that is not supported says so, and its requests wait', async () => {
      await world.issuer('vault', {
        vault: {
          server: 'https://vault.example.org',
          path: 'pki/sign/x',
          auth: { tokenSecretRef: { name: 'x', key: 'y' } },
        },
      });
      await world.create('vaulted', {
        ...ECDSA,
        dnsNames: ['v.example.org'],
        secretName: 'vaulted-tls',
        issuerRef: { name: 'vault' },
      });
      const request = await waitForObject(
        world.client,
        certificateRequestResource,
        { namespace: NAMESPACE, name: 'vaulted-1' },
        (found) => /vault are not supported/.test(conditionOf(found?.status?.conditions, 'Ready')?.message ?? ''),
      );
      assert.equal(conditionOf(request?.status?.conditions, 'Ready')?.reason, 'Pending');
    });

    test('when it is renewed: by percentage, in a window, never; a window that makes no sense is told', async () => {
      const windows = (cron: string, timezone: string) => [{ cron, windowDuration: '4h', timezone }];
      await issue('by-percentage', { duration: '100h', renewBeforePercentage: 25 });
      await issue('in-window', { renewal: { windows: windows('0 3 * * 6', 'Europe/Berlin') } });
      await issue('never', { renewal: { policy: 'Disabled' } });
      await issue('no-window', { renewal: { windows: windows('0 3 * * 6', 'Mars/Base') } });
      const [byPercentage, inWindow, never, noWindow] = await Promise.all(
        ['by-percentage', 'in-window', 'never', 'no-window'].map(
          async (name) => (await world.certificate(name))?.status,
        ),
      );
      const timeOf = (text: string | undefined) => Date.parse(text ?? '');
      assert.equal(timeOf(byPercentage?.notAfter) - timeOf(byPercentage?.renewalTime), 25 * 3_600_000);
      const local = new Date(timeOf(inWindow?.renewalTime)).toLocaleString('en-GB', {
        timeZone: 'Europe/Berlin',
        weekday: 'long',
        hour: '2-digit',
      });
      assert.match(local, /Saturday.* 0[3-6]/);
      assert.deepEqual([typeof never?.notAfter, never?.renewalTime], ['string', undefined]);
      const lifetime = timeOf(noWindow?.notAfter) - timeOf(noWindow?.notBefore);
      assert.ok(Math.abs(timeOf(noWindow?.notAfter) - timeOf(noWindow?.renewalTime) - lifetime / 3) <= 1000);
      const signal = AbortSignal.timeout(20_000);
      const told = () =>
        world.cluster.kubectl([
          'get',
          'events',
          '--field-selector=reason=WindowError',
          '-o',
          'jsonpath={.items[*].message}',
        ]);
      while (!/"0 3 \* \* 6" in "Mars\/Base" cannot be understood/.test(await told()))
        await delay(200, undefined, { signal });
    });

    test('a name as long as names can be: what is made of it is legal', async () => {
      const name = `${'a'.repeat(62)}.${'b'.repeat(62)}.${'c'.repeat(62)}.${'d'.repeat(64 - 2)}`;
      await world.create(name, { ...ECDSA, dnsNames: ['long.example.org'], secretName: 'long-tls', issuerRef });
      await world.ready(name);
      assert.match((await world.requestsOf(name))[0]?.metadata.name ?? '', /-[0-9a-f]{64}-1$/);
    });
  },
);
