import assert from 'node:assert/strict';
import { after as afterAll, before as beforeAll, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { secrets } from '../../src/kube/api/secret.ts';
import type { Secret } from '../../src/kube/api/secret.ts';
import { ownedFields } from '../../src/kube/secret/owned-fields.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { NAMESPACE, startKubeWorld, textIn } from './kube-world.ts';
import type { KubeWorld } from './kube-world.ts';

// What is kept right in a Secret without a new certificate, and what others may do there.

const MANAGER = 'cert-manager-certificates-issuing';
const OTHERS = 'e2e-test-client';
const ECDSA = { privateKey: { algorithm: 'ECDSA' } } as const;
const soon = () => ({ signal: AbortSignal.timeout(20_000) });

describe(
  'the Secret of a Certificate on a real API server',
  { skip: kubeClusterSkip(), timeout: 120_000, concurrency: 4 },
  () => {
    let world: KubeWorld;
    const ends: (() => unknown)[] = [];
    beforeAll(async () => {
      world = await startKubeWorld({ after: (end: () => unknown) => void ends.unshift(end) } as unknown as TestContext);
      await world.clusterIssuer('self', { selfSigned: {} });
    });
    afterAll(async () => {
      for (const end of ends) await end();
    });

    const issue = async (name: string, more: object = {}): Promise<Secret> => {
      const issuerRef = { name: 'self', kind: 'ClusterIssuer' };
      await world.create(name, {
        ...ECDSA,
        dnsNames: [`${name}.example.org`],
        secretName: `${name}-tls`,
        issuerRef,
        ...more,
      });
      await world.ready(name);
      return world.secretUntil(`${name}-tls`, () => true);
    };
    const patch = (name: string, body: Record<string, unknown>): Promise<Secret> =>
      world.client.patch(secrets, { namespace: NAMESPACE, name: `${name}-tls` }, { type: 'merge', body }, soon());
    const applyAsOther = (
      name: string,
      content: { metadata?: object; data?: Record<string, string> },
    ): Promise<Secret> =>
      world.client.apply(
        secrets,
        {
          metadata: { name: `${name}-tls`, namespace: NAMESPACE, ...content.metadata },
          ...(content.data && { data: content.data }),
        },
        { fieldManager: OTHERS, force: true, ...soon() },
      );
    const sameCertificate = (before: Secret, now: Secret): void =>
      assert.equal(now.data?.['tls.crt'], before.data?.['tls.crt'], 'it was not issued anew');

    test('template keys are added, changed and removed; what others put there stays', async () => {
      const before = await issue('template', {
        secretTemplate: { labels: { foo: 'bar' }, annotations: { abc: '123' } },
      });
      assert.deepEqual([before.metadata.labels?.['foo'], before.metadata.annotations?.['abc']], ['bar', '123']);
      await patch('template', {
        data: { random: 'a2VwdA==' },
        metadata: { labels: { mine: 'yes' }, annotations: { also: 'mine' } },
      });
      await world.change('template', {
        secretTemplate: { labels: { foo: null, more: 'x' }, annotations: { abc: '456' } },
      });
      const changed = await world.secretUntil('template-tls', ({ metadata }) => metadata.labels?.['more'] === 'x');
      assert.equal(changed.metadata.labels?.['foo'], undefined);
      assert.equal(changed.metadata.annotations?.['abc'], '456');
      await world.change('template', { secretTemplate: null });
      const dropped = await world.secretUntil(
        'template-tls',
        ({ metadata }) => metadata.labels?.['more'] === undefined,
      );
      assert.equal(dropped.metadata.annotations?.['abc'], undefined);
      assert.deepEqual(
        [dropped.metadata.labels?.['mine'], dropped.metadata.annotations?.['also'], dropped.data?.['random']],
        ['yes', 'mine', 'a2VwdA=='],
      );
      sameCertificate(before, dropped);
    });

    test('template values that somebody changes or removes are put back', async () => {
      await issue('tampered', { secretTemplate: { labels: { foo: 'bar' }, annotations: { abc: '123' } } });
      await patch('tampered', { metadata: { labels: { foo: 'other' }, annotations: { abc: null } } });
      const mended = await world.secretUntil(
        'tampered-tls',
        ({ metadata }) => metadata.labels?.['foo'] === 'bar' && metadata.annotations?.['abc'] === '123',
      );
      assert.equal(mended.metadata.annotations?.['cert-manager.io/certificate-name'], 'tampered');
    });

    test('our own annotations and the label are put back', async () => {
      await issue('own');
      await patch('own', {
        metadata: {
          labels: { 'controller.cert-manager.io/fao': null },
          annotations: { 'cert-manager.io/alt-names': 'lie' },
        },
      });
      const mended = await world.secretUntil(
        'own-tls',
        ({ metadata }) =>
          metadata.labels?.['controller.cert-manager.io/fao'] === 'true' &&
          metadata.annotations?.['cert-manager.io/alt-names'] === 'own.example.org',
      );
      assert.equal(mended.metadata.annotations?.['cert-manager.io/ip-sans'], '');
    });

    test('a key of somebody else that is then in the template belongs to both, and stays when the other gives it up', async () => {
      await issue('shared');
      await applyAsOther('shared', { metadata: { annotations: { an: 'annotation' }, labels: { a: 'label' } } });
      await world.change('shared', { secretTemplate: { annotations: { an: 'annotation' }, labels: { a: 'label' } } });
      const owned = await world.secretUntil('shared-tls', ({ metadata }) => {
        const { labels, annotations } = ownedFields(metadata.managedFields, MANAGER);
        return labels.has('a') && annotations.has('an');
      });
      assert.ok(ownedFields(owned.metadata.managedFields, OTHERS).labels.has('a'));
      await applyAsOther('shared', {});
      const left = await world.secretUntil(
        'shared-tls',
        ({ metadata }) => !ownedFields(metadata.managedFields, OTHERS).labels.has('a'),
      );
      assert.deepEqual([left.metadata.labels?.['a'], left.metadata.annotations?.['an']], ['label', 'annotation']);
    });

    test('output formats come and go without a new certificate, and what is tampered with is mended', async () => {
      const before = await issue('formats');
      await patch('formats', { data: { 'tls-combined.pem': 'bWluZQ==', random: 'a2VwdA==' } });
      await world.change('formats', { additionalOutputFormats: [{ type: 'DER' }] });
      const der = await world.secretUntil('formats-tls', ({ data }) => data?.['key.der'] !== undefined);
      // Nobody asked for it: it is somebody else's.
      assert.equal(der.data?.['tls-combined.pem'], 'bWluZQ==');
      await world.change('formats', { additionalOutputFormats: [{ type: 'DER' }, { type: 'CombinedPEM' }] });
      const isCombined = (secret: Secret) =>
        textIn(secret, 'tls-combined.pem') === `${textIn(secret, 'tls.key')}\n${textIn(secret, 'tls.crt')}`;
      await world.secretUntil('formats-tls', isCombined);
      await patch('formats', { data: { 'key.der': 'bGll', 'tls-combined.pem': null } });
      await world.secretUntil(
        'formats-tls',
        (secret) => isCombined(secret) && secret.data?.['key.der'] === der.data?.['key.der'],
      );
      await world.change('formats', { additionalOutputFormats: null });
      const after = await world.secretUntil(
        'formats-tls',
        ({ data }) => data?.['key.der'] === undefined && data?.['tls-combined.pem'] === undefined,
      );
      assert.equal(after.data?.['random'], 'a2VwdA==');
      sameCertificate(before, after);
    });

    test('a value that somebody else applies as well stays when the format goes', async () => {
      const before = await issue('co-owned', { additionalOutputFormats: [{ type: 'CombinedPEM' }] });
      const combined = before.data?.['tls-combined.pem'] ?? '';
      await applyAsOther('co-owned', { data: { 'tls-combined.pem': combined } });
      await world.change('co-owned', { additionalOutputFormats: null });
      const after = await world.secretUntil(
        'co-owned-tls',
        ({ metadata }) => !ownedFields(metadata.managedFields, MANAGER).data.has('tls-combined.pem'),
      );
      assert.equal(after.data?.['tls-combined.pem'], combined);
    });

    test('key stores: a password that comes later, and one that changes, without a new certificate', async () => {
      const passwordSecretRef = { name: 'store-password', key: 'password' };
      const keystores = {
        jks: { create: true, passwordSecretRef },
        pkcs12: { create: true, profile: 'Modern2023', passwordSecretRef },
      } as const;
      const issuerRef = { name: 'self', kind: 'ClusterIssuer' };
      await world.create('stores', {
        ...ECDSA,
        dnsNames: ['stores.example.org'],
        secretName: 'stores-tls',
        issuerRef,
        keystores,
      });
      await world.until(
        'stores',
        ({ status }) => status?.conditions?.some(({ message }) => /store-password/.test(message ?? '')) === true,
      );
      const password = (value: string) =>
        world.cluster.kubectl(
          ['apply', '-f', '-'],
          JSON.stringify({
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: 'store-password', namespace: NAMESPACE },
            stringData: { password: value },
          }),
        );
      await password('changeit');
      await world.ready('stores');
      const first = await world.secretUntil('stores-tls', ({ data }) => data?.['keystore.jks'] !== undefined);
      for (const name of ['keystore.p12', 'truststore.p12', 'truststore.jks']) assert.ok(first.data?.[name], name);
      await password('changed');
      const second = await world.secretUntil(
        'stores-tls',
        ({ data }) =>
          data?.['keystore.jks'] !== first.data?.['keystore.jks'] &&
          data?.['keystore.p12'] !== first.data?.['keystore.p12'],
      );
      sameCertificate(first, second);
      await world.change('stores', { keystores: { jks: null } });
      const third = await world.secretUntil(
        'stores-tls',
        ({ data }) => data?.['keystore.jks'] === undefined && data?.['truststore.jks'] === undefined,
      );
      // What nobody asked to be changed has not been made anew.
      assert.ok(third.data?.['keystore.p12']);
    });

    test('a Secret that is there before keeps its type and what is in it', async () => {
      await world.cluster.kubectl(
        ['apply', '-f', '-'],
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'opaque-tls', namespace: NAMESPACE },
          type: 'Opaque',
          stringData: { note: 'kept' },
        }),
      );
      const secret = await issue('opaque');
      assert.equal(secret.type, 'Opaque');
      assert.equal(textIn(secret, 'note'), 'kept');
      assert.match(textIn(secret, 'tls.crt'), /BEGIN CERTIFICATE/);
    });

    test('a Secret is written once for an issuance, by the manager that cert-manager has', async () => {
      const secret = await issue('once');
      const [entry, ...more] = secret.metadata.managedFields ?? [];
      assert.deepEqual([entry?.manager, entry?.operation, more.length], [MANAGER, 'Apply', 0]);
      await issue('once-more');
      const now = await world.secret('once-tls');
      assert.equal(now?.metadata.resourceVersion, secret.metadata.resourceVersion);
    });
  },
);
