import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Draft } from '../../src/kube/api/client.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import type { Certificate } from '../../src/kube/schema/certificate.ts';
import { clusterIssuerResource } from '../../src/kube/schema/issuer.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import { installOurCrds, startController, waitForObject } from './kube-controller.ts';
import { isDone, NAMESPACE } from './kube-world.ts';

const soon = () => ({ signal: AbortSignal.timeout(20_000) });

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
  'two replicas: when the leader is killed, the other one goes on',
  { skip: kubeClusterSkip(), timeout: 120_000 },
  async (t) => {
    const cluster = await startKubeCluster();
    t.after(() => cluster.stop());
    await installOurCrds(cluster);
    await cluster.client.create(
      clusterIssuerResource,
      { metadata: { name: 'self' }, spec: { selfSigned: {} } },
      soon(),
    );
    const flags = [
      '--leader-elect=true',
      '--leader-election-lease-duration=4s',
      '--leader-election-renew-deadline=3s',
      '--leader-election-retry-period=500ms',
    ];
    const first = await startController(cluster, flags);
    t.after(() => first.stop('SIGKILL'));
    const second = await startController(cluster, flags, { ready: /"message":"leader"/ });
    t.after(() => second.stop('SIGKILL'));
    const issue = async (name: string): Promise<void> => {
      await cluster.client.create(certificateResource, certificate(name), soon());
      await waitForObject(
        cluster.client,
        certificateResource,
        { namespace: NAMESPACE, name },
        (found) => found !== undefined && isDone(found),
      );
    };
    await issue('by-first');
    assert.doesNotMatch(second.output(), /"message":"leading"/);
    await first.stop('SIGKILL');
    await issue('by-second');
    assert.match(second.output(), /"message":"leading"/);
    // One that is stopped hands over at once: a third need not wait for the lease to end.
    const third = await startController(cluster, flags, { ready: /"message":"leader"/ });
    t.after(() => third.stop('SIGKILL'));
    const stopped = Date.now();
    await second.stop('SIGTERM');
    await issue('by-third');
    assert.ok(Date.now() - stopped < 15_000);
    assert.equal(await second.ended, 0);
  },
);
