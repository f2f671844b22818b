import { runKubeController } from '../../src/app/kube-controller.ts';
import { readKubeFlags } from '../../src/app/kube-flags.ts';
import type { KubeControllerFlags } from '../../src/app/kube-flags.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { KubeClient } from '../../src/kube/api/client.ts';
import type { ObjectKey } from '../../src/kube/api/object.ts';
import { formatKey } from '../../src/kube/api/object.ts';
import type { Resource } from '../../src/kube/api/resource.ts';

/** `evercert kube controller` in the process of the test: at a time of one's choice, and with all that it writes. */
export interface InProcessController {
  /** `verb Kind namespace/name`, for each call that changes something; those about events are left out. */
  readonly writes: readonly string[];
  stop(): Promise<void>;
}

export function runInProcess(
  cluster: { readonly kubeconfig: string },
  options: { readonly startAt?: number; readonly flags?: Partial<KubeControllerFlags> } = {},
): InProcessController {
  const writes: string[] = [];
  const ending = new AbortController();
  const flags = readKubeFlags(
    {
      kubeconfig: cluster.kubeconfig,
      clusterResourceNamespace: 'cert-manager',
      enableCertificateOwnerRef: false,
      leaderElect: false,
      leaderElectionNamespace: 'kube-system',
      metricsListenAddress: '0',
      healthzListenAddress: '0',
      logLevel: 'error',
      dns01RecursiveNameserversOnly: false,
      ...options.flags,
    },
    [],
    {},
  );
  const clock = options.startAt === undefined ? systemClock : clockFrom(options.startAt);
  const running = runKubeController(
    { ...flags, clock, wrapClient: (client) => telling(client, writes) },
    ending.signal,
  );
  // Whoever stops it is told; until then it must not end the test process.
  running.catch(() => {});
  return {
    writes,
    async stop() {
      ending.abort();
      await running;
    },
  };
}

function clockFrom(startAt: number): Clock {
  const started = Date.now();
  return { now: () => startAt + Date.now() - started, sleep: (time, signal) => systemClock.sleep(time, signal) };
}

function telling(client: KubeClient, writes: string[]): KubeClient {
  const told = async <T>(
    verb: string,
    { kind }: Resource,
    key: Partial<ObjectKey>,
    call: () => Promise<T>,
  ): Promise<T> => {
    if (kind !== 'Event') writes.push(`${verb} ${kind} ${formatKey({ name: '', ...key })}`);
    return await call();
  };
  return {
    ...client,
    create: (resource, object, options) =>
      told('create', resource, object.metadata, () => client.create(resource, object, options)),
    update: (resource, object, options) =>
      told('update', resource, object.metadata, () => client.update(resource, object, options)),
    updateStatus: (resource, object, options) =>
      told('status', resource, object.metadata, () => client.updateStatus(resource, object, options)),
    patch: (resource, key, patch, options) =>
      told(options.subresource ?? 'patch', resource, key, () => client.patch(resource, key, patch, options)),
    apply: (resource, object, options) =>
      told('apply', resource, object.metadata, () => client.apply(resource, object, options)),
    delete: (resource, key, options) => told('delete', resource, key, () => client.delete(resource, key, options)),
  };
}
