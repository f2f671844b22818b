import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { secrets } from '../../src/kube/api/secret.ts';
import { conditionOf, isTrue, withCondition } from '../../src/kube/conditions.ts';
import { certificateRequestResource } from '../../src/kube/schema/certificate-request.ts';
import type { CertificateRequest } from '../../src/kube/schema/certificate-request.ts';
import type { CertificateRequestSpec } from '../../src/kube/schema/certificate-request-fields.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import { createCertificateRequest, requestPem } from '../../src/pki/certificate-request.ts';
import { createRoot } from '../../src/pki/issue.ts';
import { parseCertificate } from '../../src/pki/parsed-certificate.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { startController, waitForObject } from './kube-controller.ts';
import { NAMESPACE, startKubeWorld } from './kube-world.ts';
import type { KubeWorld } from './kube-world.ts';

// CertificateRequests that people and other programs make, approve and deny. The controller's own approver is off in the first part.

const HOUR = 3_600_000;
const KEY_SECRET = 'cert-manager.io/private-key-secret-name';
const soon = () => ({ signal: AbortSignal.timeout(20_000) });

const KEYS: Readonly<Record<string, () => KeyObject>> = {
  RSA: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ECDSA: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  Ed25519: () => generateKeyPairSync('ed25519').privateKey,
};

describe('CertificateRequests on a real API server', { skip: kubeClusterSkip(), timeout: 120_000 }, () => {
  let world: KubeWorld;
  const ends: (() => unknown)[] = [];
  before(async () => {
    const context = { after: (end: () => unknown) => void ends.unshift(end) } as unknown as TestContext;
    world = await startKubeWorld(context, [
      '--controllers=*,-certificaterequests-approver',
      '--enable-certificate-owner-ref',
      '--certificate-request-minimum-backoff-duration=4s',
    ]);
    await world.issuer('self', { selfSigned: {} });
    await world.clusterIssuer('self', { selfSigned: {} });
    await world.issuerReady('self');
  });
  after(async () => {
    for (const end of ends) await end();
  });

  const csrOf = async (key: KeyObject): Promise<string> => {
    const der = await createCertificateRequest({
      privateKey: key,
      dnsNames: ['byhand.example.org'],
      encodeUsages: false,
    });
    return Buffer.from(requestPem(der)).toString('base64');
  };
  const makeSecret = async (name: string, data: Record<string, string>): Promise<void> => {
    await world.client.apply(
      secrets,
      { metadata: { name, namespace: NAMESPACE }, data },
      { fieldManager: 'test', force: true, ...soon() },
    );
  };
  const pemOf = (key: KeyObject): string =>
    Buffer.from(key.export({ type: 'pkcs8', format: 'pem' })).toString('base64');
  const make = async (
    name: string,
    key: KeyObject,
    spec: Partial<CertificateRequestSpec> = {},
    annotations: Record<string, string> = { [KEY_SECRET]: `${name}-key` },
  ): Promise<CertificateRequest> =>
    world.client.create(
      certificateRequestResource,
      {
        metadata: { name, namespace: NAMESPACE, annotations },
        spec: { request: await csrOf(key), issuerRef: { name: 'self' }, ...spec },
      },
      soon(),
    );
  const decide = async (name: string, type: 'Approved' | 'Denied'): Promise<void> => {
    const request = await world.client.get(certificateRequestResource, { namespace: NAMESPACE, name }, soon());
    assert.ok(request);
    const finding = { type, status: 'True', reason: 'test', message: `${type} by hand` } as const;
    const status = {
      ...request.status,
      conditions: [...withCondition(request.status?.conditions, finding, Date.now())],
    };
    await world.client.updateStatus(certificateRequestResource, { ...request, status }, soon());
  };
  const until = (name: string, reason: string): Promise<CertificateRequest | undefined> =>
    waitForObject(
      world.client,
      certificateRequestResource,
      { namespace: NAMESPACE, name },
      (found) => conditionOf(found?.status?.conditions, 'Ready')?.reason === reason,
    );

  for (const [algorithm, generate] of Object.entries(KEYS)) {
    test(`SelfSigned signs a request with an ${algorithm} key, when somebody has approved it`, async () => {
      const key = generate();
      const name = `by-hand-${algorithm.toLowerCase()}`;
      await makeSecret(`${name}-key`, { 'tls.key': pemOf(key) });
      await make(name, key, { duration: '840h', usages: ['digital signature', 'server auth'] });
      await decide(name, 'Approved');
      const issued = parseCertificate(
        Buffer.from((await until(name, 'Issued'))?.status?.certificate ?? '', 'base64').toString(),
      );
      assert.equal(issued.notAfter - issued.notBefore, 840 * HOUR);
      assert.deepEqual(new Set(issued.usages), new Set(['digital signature', 'server auth']));
      assert.deepEqual(issued.dnsNames, ['byhand.example.org']);
    });
  }

  test('a CA signs requests with keys of every kind: lifetime and usages as asked for, and its own certificate beside', async () => {
    const now = Date.now();
    const root = await createRoot({ commonName: 'Root', notBefore: now - HOUR, notAfter: now + 10_000 * HOUR });
    const inBase64 = (text: string) => Buffer.from(text).toString('base64');
    await makeSecret('root', { 'tls.crt': inBase64(root.certificate), 'tls.key': inBase64(root.privateKey) });
    await world.issuer('ca', { ca: { secretName: 'root' } });
    for (const [algorithm, generate] of Object.entries(KEYS)) {
      for (const duration of [undefined, '840h']) {
        const name = `by-ca-${algorithm.toLowerCase()}-${duration ?? 'usual'}`;
        const asked: Partial<CertificateRequestSpec> =
          duration === undefined ? {} : { duration, usages: ['key agreement', 'client auth'] };
        await make(name, generate(), { issuerRef: { name: 'ca' }, ...asked }, {});
        await decide(name, 'Approved');
        const { status } = (await until(name, 'Issued')) ?? {};
        const issued = parseCertificate(Buffer.from(status?.certificate ?? '', 'base64').toString());
        assert.equal(issued.notAfter - issued.notBefore, duration === undefined ? 90 * 24 * HOUR : 840 * HOUR, name);
        const usages = asked.usages ?? ['digital signature', 'key encipherment'];
        assert.deepEqual(new Set(issued.usages), new Set(usages), name);
        assert.equal(
          Buffer.from(status?.ca ?? '', 'base64')
            .toString()
            .trim(),
          root.certificate.trim(),
        );
      }
    }
  });

  for (const kind of ['Issuer', 'ClusterIssuer'] as const) {
    test(`SelfSigned ${kind}: a Secret that comes after the request, and one that lacks the key`, async () => {
      const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
      const [late, lacking] = [`late-${kind.toLowerCase()}`, `lacking-${kind.toLowerCase()}`];
      await makeSecret(`${lacking}-key`, {});
      for (const name of [late, lacking]) {
        await make(name, key, { issuerRef: { name: 'self', kind, group: 'cert-manager.io' } });
        await decide(name, 'Approved');
        const pending = await until(name, 'Pending');
        assert.match(conditionOf(pending?.status?.conditions, 'Ready')?.message ?? '', new RegExp(`${name}-key`));
        await makeSecret(`${name}-key`, { 'tls.key': pemOf(key) });
        assert.ok((await until(name, 'Issued'))?.status?.certificate);
      }
    });
  }

  test('nothing is signed before it is approved, and nothing that was denied', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await makeSecret('refused-key', { 'tls.key': pemOf(key) });
    await make('refused', key);
    await make('beside', key, {}, { [KEY_SECRET]: 'refused-key' });
    await decide('beside', 'Approved');
    // Made later and signed already: so ours was looked at, and left alone.
    await until('beside', 'Issued');
    const waiting = await world.client.get(
      certificateRequestResource,
      { namespace: NAMESPACE, name: 'refused' },
      soon(),
    );
    assert.equal(conditionOf(waiting?.status?.conditions, 'Ready'), undefined);
    await decide('refused', 'Denied');
    const denied = await until('refused', 'Denied');
    assert.equal(denied?.status?.certificate, undefined);
    assert.ok(denied?.status?.failureTime);
  });

  test('a request without the annotation fails, and says what is missing', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await make('bare', key, {}, {});
    await decide('bare', 'Approved');
    const failed = await until('bare', 'Failed');
    assert.match(conditionOf(failed?.status?.conditions, 'Ready')?.message ?? '', /private-key-secret-name/);
  });

  test('issuers of other groups are left alone', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await makeSecret('foreign-key', { 'tls.key': pemOf(key) });
    await make('foreign', key, { issuerRef: { name: 'self', kind: 'Thing', group: 'example.org' } });
    await decide('foreign', 'Approved');
    await make('after-foreign', key, {}, { [KEY_SECRET]: 'foreign-key' });
    await decide('after-foreign', 'Approved');
    await until('after-foreign', 'Issued');
    const request = await world.client.get(
      certificateRequestResource,
      { namespace: NAMESPACE, name: 'foreign' },
      soon(),
    );
    assert.equal(conditionOf(request?.status?.conditions, 'Ready'), undefined);
  });

  test('a Certificate whose request was denied waits, longer each time, unless its spec changes', async () => {
    const spec = { secretName: 'denied-tls', issuerRef: { name: 'self' }, privateKey: { algorithm: 'ECDSA' } } as const;
    await world.create('denied', { ...spec, dnsNames: ['denied.example.org'] });
    const key = { namespace: NAMESPACE, name: 'denied-1' };
    await waitForObject(world.client, certificateRequestResource, key, (request) => request !== undefined);
    await decide('denied-1', 'Denied');
    const first = await world.until('denied', ({ status }) => status?.failedIssuanceAttempts === 1);
    const issuing = conditionOf(first.status?.conditions, 'Issuing');
    assert.deepEqual([issuing?.status, issuing?.reason], ['False', 'Denied']);
    assert.ok(first.status?.lastFailureTime);
    // The back-off of 4 s; then it is asked once more.
    const again = await waitForObject(
      world.client,
      certificateRequestResource,
      key,
      (request) => request !== undefined && !isTrue(request.status?.conditions, 'Denied'),
    );
    assert.ok(
      Date.parse(again?.metadata.creationTimestamp ?? '') - Date.parse(first.status?.lastFailureTime ?? '') >= 4000,
    );
    await decide('denied-1', 'Denied');
    await world.until('denied', ({ status }) => status?.failedIssuanceAttempts === 2);
    const changedAt = Date.now();
    await world.change('denied', { dnsNames: ['other.example.org'] });
    await waitForObject(
      world.client,
      certificateRequestResource,
      key,
      (request) => request !== undefined && !isTrue(request.status?.conditions, 'Denied'),
    );
    assert.ok(Date.now() - changedAt < 7000, 'it did not wait for the 8 s of the second failure');
    await decide('denied-1', 'Approved');
    const done = await world.ready('denied');
    assert.deepEqual([done.status?.failedIssuanceAttempts, done.status?.lastFailureTime], [undefined, undefined]);
    const secret = await world.secret('denied-tls');
    assert.equal(secret?.metadata.ownerReferences?.[0]?.uid, done.metadata.uid);
    await world.client.delete(certificateResource, { namespace: NAMESPACE, name: 'denied' }, soon());
    await waitForObject(
      world.client,
      secrets,
      { namespace: NAMESPACE, name: 'denied-tls' },
      (gone) => gone === undefined,
    );
  });

  test('with the approver on, every request is approved, also those of foreign issuers', async (t) => {
    await world.controller.stop();
    const controller = await startController(world.cluster);
    t.after(() => controller.stop('SIGKILL'));
    const foreign = await waitForObject(
      world.client,
      certificateRequestResource,
      { namespace: NAMESPACE, name: 'foreign' },
      () => true,
    );
    assert.equal(conditionOf(foreign?.status?.conditions, 'Approved')?.reason, 'test');
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await make('for-others', key, { issuerRef: { name: 'x', kind: 'Thing', group: 'example.org' } });
    const approved = await waitForObject(
      world.client,
      certificateRequestResource,
      { namespace: NAMESPACE, name: 'for-others' },
      (found) => isTrue(found?.status?.conditions, 'Approved'),
    );
    const condition = conditionOf(approved?.status?.conditions, 'Approved');
    assert.deepEqual(
      [condition?.reason, condition?.message],
      ['cert-manager.io', 'Certificate request has been approved by cert-manager.io'],
    );
    await makeSecret('approved-key', { 'tls.key': pemOf(key) });
    await make('approved', key);
    const issued = await until('approved', 'Issued');
    assert.equal(isTrue(issued?.status?.conditions, 'Denied'), false);
    // Without the flag a Secret does not go with its Certificate.
    assert.equal(await controller.stop(), undefined);
  });
});
