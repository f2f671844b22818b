import { runKubeController } from '../../src/app/kube-controller.ts';
import { readKubeFlags } from '../../src/app/kube-flags.ts';
import { issuerSupports } from '../../src/app/kube-issuers.ts';
import type { KubeClient } from '../../src/kube/api/client.ts';
import type { Resource } from '../../src/kube/api/resource.ts';

/**
 * `evercert kube controller` that kills itself with SIGKILL right before its n-th write is sent, or right after it was answered and before anything
 * is done with the answer. Events do not count: they are told beside the work. Its one argument is JSON.
 */
export interface KubeChildOptions {
  readonly kubeconfig: string;
  readonly killAt: number;
  readonly moment: 'before' | 'after';
}

const { kubeconfig, killAt, moment } = JSON.parse(process.argv[2] ?? '{}') as KubeChildOptions;
let writes = 0;

async function counted<T>(resource: Resource, write: () => Promise<T>): Promise<T> {
  if (resource.kind === 'Event') return write();
  writes += 1;
  const isLast = writes === killAt;
  if (isLast && moment === 'before') process.kill(process.pid, 'SIGKILL');
  const result = await write();
  if (isLast) process.kill(process.pid, 'SIGKILL');
  return result;
}

function wrapClient(client: KubeClient): KubeClient {
  return {
    ...client,
    create: (resource, object, options) => counted(resource, () => client.create(resource, object, options)),
    update: (resource, object, options) => counted(resource, () => client.update(resource, object, options)),
    updateStatus: (resource, object, options) =>
      counted(resource, () => client.updateStatus(resource, object, options)),
    patch: (resource, key, patch, options) => counted(resource, () => client.patch(resource, key, patch, options)),
    apply: (resource, object, options) => counted(resource, () => client.apply(resource, object, options)),
    delete: (resource, key, options) => counted(resource, () => client.delete(resource, key, options)),
  };
}

const options = readKubeFlags(
  {
    kubeconfig,
    clusterResourceNamespace: 'cert-manager',
    enableCertificateOwnerRef: false,
    leaderElect: false,
    leaderElectionNamespace: 'kube-system',
    metricsListenAddress: '0',
    healthzListenAddress: '0',
    logLevel: 'info',
    dns01RecursiveNameserversOnly: false,
  },
  [],
  process.env,
);
await runKubeController({ ...options, wrapClient, supports: issuerSupports }, new AbortController().signal);
