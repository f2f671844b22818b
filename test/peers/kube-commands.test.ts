import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { certificateRequestResource } from '../../src/kube/schema/certificate-request.ts';
import { createCertificateRequest } from '../../src/pki/certificate-request.ts';
import { evercert, program } from '../cli/run-evercert.ts';
import type { Run } from '../cli/run-evercert.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { NAMESPACE, startKubeWorld } from './kube-world.ts';
import type { KubeWorld } from './kube-world.ts';

// `evercert kube ...` as a person types it, against a real API server.

const skip = kubeClusterSkip();

function in80Columns({ stdout }: Run): void {
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, `${line.length} columns: ${line}`);
}

test('evercert kube, in the words of cmctl', { skip, timeout: 240_000 }, async (t) => {
  // Nobody approves by himself here: that is tried by hand.
  const world = await startKubeWorld(t, ['--controllers=*,-certificaterequests-approver']);
  const kube = (...args: string[]): Promise<Run> =>
    evercert(['kube', ...args], { env: { KUBECONFIG: world.cluster.kubeconfig } });
  const ok = async (...args: string[]): Promise<Run> => {
    const run = await kube(...args);
    assert.equal(run.code, 0, `${args.join(' ')}: ${run.stderr}`);
    return run;
  };

  await t.test('check api, version', async () => {
    assert.equal((await ok('check', 'api', '--wait', '10s')).stdout, 'the API is ready\n');
    const { evercert: own, kubernetes } = JSON.parse((await ok('version', '-o', 'json')).stdout) as Record<
      string,
      string
    >;
    assert.match(own ?? '', /^\d+\.\d+\.\d+$/);
    assert.match(kubernetes ?? '', /^v1\.\d+/);
    assert.deepEqual(Object.keys(JSON.parse((await ok('version', '--client', '-o', 'json')).stdout) as object), [
      'evercert',
    ]);
  });

  await world.issuer('self', { selfSigned: {} });
  await world.create('web', { secretName: 'web-tls', dnsNames: ['example.org'], issuerRef: { name: 'self' } });

  await t.test('a request waits for approval; status says so; approve', async () => {
    const request = await requestOf(world, 'web');
    const before = await ok('status', 'certificate', 'web');
    assert.match(
      before.stdout,
      /^Certificate default\/web\n {2}names {4}example\.org\n {2}state {4}It is being issued\./,
    );
    assert.match(before.stdout, /\nCertificateRequest web-1\n/);
    assert.match(before.stdout, /\nSecret web-tls: there is none yet\n/);
    in80Columns(before);

    assert.equal((await ok('approve', request, '--reason', 'Tested')).stdout, `approved: ${NAMESPACE}/${request}\n`);
    await world.ready('web');
    const after = await ok('status', 'certificate', 'web');
    assert.match(after.stdout, /state {4}It is ready, and is renewed at 20\d\d-/);
    assert.match(after.stdout, /Approved: True \(Tested: manually approved/);
    assert.match(after.stdout, /\nSecret web-tls\n {2}names {4}example\.org\n/);
    in80Columns(after);
    const view = JSON.parse((await ok('status', 'certificate', 'web', '-o', 'json')).stdout) as {
      revision: number;
      secret: { names: string[] };
    };
    assert.deepEqual([view.revision, view.secret.names], [1, ['example.org']]);

    const again = await kube('deny', request);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /is approved already \(Tested\), and that is never taken back/);
  });

  await t.test('inspect secret', async () => {
    const { stdout } = await ok('inspect', 'secret', 'web-tls');
    assert.match(stdout, /^Secret default\/web-tls\n {2}certificate {2}web\n/);
    assert.match(stdout, /DNS names {4}example\.org\n/);
    assert.match(stdout, /key {10}RSA 2048; tls\.key belongs to it\n/);
    assert.ok(!stdout.includes('PRIVATE KEY'));
    in80Columns({ stdout, stderr: '', code: 0 });
    const found = JSON.parse((await ok('inspect', 'secret', 'web-tls', '-o', 'json')).stdout) as { keyFits: boolean };
    assert.equal(found.keyFits, true);

    await world.cluster.kubectl(['create', 'secret', 'generic', 'other', '--from-literal=a=b']);
    const other = await kube('inspect', 'secret', 'other');
    assert.equal(other.code, 1);
    assert.match(other.stderr, /the Secret other has no tls\.crt: it is not one of a certificate/);
  });

  await t.test('renew: by name, by label, all; the new request can be denied', async () => {
    assert.equal((await ok('renew', 'web')).stdout, `asked for: ${NAMESPACE}/web\n`);
    const second = await requestOf(world, 'web', '2');
    await ok('deny', second, '--message', 'not today');
    const denied = await world.until('web', ({ status }) => status?.failedIssuanceAttempts === 1);
    assert.ok(denied);
    const view = await ok('status', 'certificate', 'web');
    assert.match(view.stdout, /Denied: True \(EvercertKube: not today\)/);
    assert.match(view.stdout, /failed {3}once\n/);

    assert.match((await ok('renew', '-l', 'none=there')).stdout, /^there are no such Certificates\n$/);
    assert.match((await ok('renew', '--all', '-A')).stdout, /asked for: default\/web\n/);
    const none = await kube('renew');
    assert.equal(none.code, 2);
    assert.match(none.stderr, /say which certificates/);
  });

  await t.test('a request that a person made', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = await createCertificateRequest({ privateKey, dnsNames: ['by.hand'] });
    const csr = `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    await world.client.create(
      certificateRequestResource,
      {
        metadata: { namespace: NAMESPACE, name: 'by-hand' },
        spec: { request: Buffer.from(csr).toString('base64'), issuerRef: { name: 'self' } },
      },
      { signal: AbortSignal.timeout(20_000) },
    );
    assert.equal((await ok('approve', 'by-hand')).stdout, `approved: ${NAMESPACE}/by-hand\n`);
  });

  await t.test('as a kubectl plugin', async () => {
    const folder = dirname(program);
    const env = { KUBECONFIG: world.cluster.kubeconfig, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    const run = await evercert(['status', 'certificate', 'web'], { program: `${folder}/kubectl-evercert`, env });
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /^Certificate default\/web\n/);
  });

  await t.test('what is not there, and where to look', async () => {
    for (const [args, said] of [
      [
        ['status', 'certificate', 'none'],
        /no Certificate none in the namespace default; see: kubectl get certificates -A/,
      ],
      [['renew', 'none'], /no Certificate none/],
      [['approve', 'none'], /no CertificateRequest none/],
      [['inspect', 'secret', 'none', '-n', 'cert-manager'], /no Secret none in the namespace cert-manager/],
    ] as const) {
      const { code, stderr } = await kube(...args);
      assert.equal(code, 1, args.join(' '));
      assert.match(stderr, said);
    }
    const nowhere = await evercert(['kube', 'version', '--kubeconfig', '/nonexistent']);
    assert.notEqual(nowhere.code, 0);
    assert.match(nowhere.stderr, /^evercert: [^\n]*\/nonexistent[^\n]*\n$/);
  });
});

/** The name of the request of a Certificate for a revision, once it is there. */
async function requestOf(world: KubeWorld, certificate: string, revision = '1'): Promise<string> {
  const limit = Date.now() + 30_000;
  while (Date.now() < limit) {
    const found = (await world.requestsOf(certificate)).find(
      ({ metadata }) => metadata.annotations?.['cert-manager.io/certificate-revision'] === revision,
    );
    if (found !== undefined) return found.metadata.name;
  }
  throw new Error(`there is no request of ${certificate} for revision ${revision}`);
}
