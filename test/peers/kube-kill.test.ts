import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Draft } from '../../src/kube/api/client.ts';
import { secrets } from '../../src/kube/api/secret.ts';
import { certificateRequestResource } from '../../src/kube/schema/certificate-request.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import type { Certificate } from '../../src/kube/schema/certificate.ts';
import { clusterIssuerResource } from '../../src/kube/schema/issuer.ts';
import type { KubeChildOptions } from '../crash/kube-child.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { installOurCrds, startController, waitForObject } from './kube-controller.ts';
import { isDone, NAMESPACE } from './kube-world.ts';

// The controller is killed at every write, and whatever comes after it goes on.

const child = fileURLToPath(new URL('../crash/kube-child.ts', import.meta.url));
const soon = () => ({ signal: AbortSignal.timeout(20_000) });
/** More writes than this for one Certificate would be a fault by itself. */
const MOST_WRITES = 12;

/** Resolves when it has killed itself, or when `until` says that there is nothing left to do. */
async function runChild(options: KubeChildOptions, until: AbortSignal): Promise<'killed' | 'finished'> {
  const running = spawn(process.execPath, [child, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => running.kill('SIGKILL');
  const output = Promise.all([text(running.stdout), text(running.stderr)]);
  until.addEventListener('abort', stop);
  try {
    const [code, signal] = (await once(running, 'exit')) as [number | null, NodeJS.Signals | null];
    if (until.aborted) return 'finished';
    assert.equal(signal, 'SIGKILL', `${code} ${(await output).join('\n')}`);
    return 'killed';
  } finally {
    until.removeEventListener('abort', stop);
    stop();
  }
}

async function prepare(cluster: KubeCluster): Promise<void> {
  await installOurCrds(cluster);
  await cluster.client.create(clusterIssuerResource, { metadata: { name: 'self' }, spec: { selfSigned: {} } }, soon());
}

function certificate(name: string): Draft<Certificate> {
  return {
    metadata: { name, namespace: NAMESPACE },
    spec: {
      secretName: `${name}-tls`,
      dnsNames: [`${name}.example.org`],
      privateKey: { algorithm: 'ECDSA' },
      issuerRef: { name: 'self', kind: 'ClusterIssuer' },
    },
  };
}

test(
  'killed at every write, one write further each time: issued once, and nothing is left behind',
  { skip: kubeClusterSkip(), timeout: 170_000 },
  async (t) => {
    const cluster = await startKubeCluster({ controllers: true });
    t.after(() => cluster.stop());
    await prepare(cluster);
    for (const moment of ['after', 'before'] as const) {
      const kills = await killedAll(cluster, moment);
      assert.ok(kills >= 4, `it was killed ${kills} times`);
    }
    const controller = await startController(cluster);
    t.after(() => controller.stop('SIGKILL'));
    // Another one is issued after them, so all that was left over has been looked at.
    await cluster.client.create(certificateResource, certificate('next'), soon());
    await isIssued(cluster, 'next', 20_000);
    for (const name of ['after', 'before']) {
      const requests = await requestsOf(cluster, name);
      assert.deepEqual(requests, [`${name}-1`]);
      const secret = await cluster.client.get(secrets, { namespace: NAMESPACE, name: `${name}-tls` }, soon());
      assert.equal(secret?.metadata.managedFields?.length, 1);
      const { status } = (await cluster.client.get(certificateResource, { namespace: NAMESPACE, name }, soon())) ?? {};
      assert.deepEqual([status?.revision, status?.failedIssuanceAttempts], [1, undefined]);
    }
    await waitForObject(
      cluster.client,
      secrets,
      { namespace: NAMESPACE, name: await temporaryOf(cluster) },
      (left) => left === undefined,
    );
  },
);

/** Has a Certificate of this name issued by programs that are killed; how often that was. */
async function killedAll(cluster: KubeCluster, moment: KubeChildOptions['moment']): Promise<number> {
  await cluster.client.create(certificateResource, certificate(moment), soon());
  const done = new AbortController();
  const issued = isIssued(cluster, moment, 60_000).finally(() => done.abort());
  let kills = 0;
  // Killed after its first write, each run does one write; killed before its n-th, what it does may be under way in part.
  for (; !done.signal.aborted && kills < MOST_WRITES; kills += 1) {
    const killAt = moment === 'after' ? 1 : kills + 1;
    if ((await runChild({ kubeconfig: cluster.kubeconfig, killAt, moment }, done.signal)) === 'finished') break;
  }
  await issued;
  return kills;
}

async function isIssued({ client }: KubeCluster, name: string, timeout: number): Promise<void> {
  const key = { namespace: NAMESPACE, name };
  await waitForObject(client, certificateResource, key, (found) => found !== undefined && isDone(found), timeout);
}

async function requestsOf(cluster: KubeCluster, certificateName: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { items } of cluster.client.list(certificateRequestResource, { namespace: NAMESPACE }, soon())) {
    for (const { metadata } of items) {
      if (metadata.ownerReferences?.[0]?.name === certificateName) names.push(metadata.name);
    }
  }
  return names;
}

/** The temporary Secret that is still there, or a name that there is not. */
async function temporaryOf(cluster: KubeCluster): Promise<string> {
  const out = await cluster.kubectl([
    'get',
    'secrets',
    '-n',
    NAMESPACE,
    '-l',
    'cert-manager.io/next-private-key=true',
    '-o',
    'name',
  ]);
  return out.trim().split('\n')[0]?.replace('secret/', '') || 'nothing-is-left';
}
