import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { KubeClient } from '../../src/kube/api/client.ts';
import type { KubeObject, ObjectKey } from '../../src/kube/api/object.ts';
import type { Resource } from '../../src/kube/api/resource.ts';
import { startProcess } from './process.ts';
import type { RunningProcess } from './process.ts';
import type { KubeCluster } from './kube-cluster.ts';

const program = fileURLToPath(new URL('../../evercert', import.meta.url));
const crds = fileURLToPath(new URL('../../deploy/crds.yaml', import.meta.url));

export async function installOurCrds(cluster: KubeCluster): Promise<void> {
  await cluster.installCrds(await readFile(crds, 'utf8'));
}

/** `evercert kube controller` as a process of its own, on free ports; resolves when it acts. */
export function startController(
  cluster: Pick<KubeCluster, 'kubeconfig'>,
  flags: readonly string[] = [],
  options: { readonly ready?: RegExp } = {},
): Promise<RunningProcess> {
  return startProcess({
    command: program,
    args: [
      'kube',
      'controller',
      `--kubeconfig=${cluster.kubeconfig}`,
      '--cluster-resource-namespace=cert-manager',
      '--metrics-listen-address=127.0.0.1:0',
      '--healthz-listen-address=127.0.0.1:0',
      '--logging-format=json',
      '--leader-elect=false',
      ...flags,
    ],
    env: { NO_COLOR: '1' },
    ready: options.ready ?? /"message":"leading"/,
    timeout: 30_000,
  });
}

/**
 * The object, once `test` says yes to it; asked by watching, not by the clock.
 * @throws Error with the object as it was last, after `timeout` ms
 */
export async function waitForObject<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  key: ObjectKey,
  test: (object: T | undefined) => boolean,
  timeout = 20_000,
): Promise<T | undefined> {
  const signal = AbortSignal.timeout(timeout);
  let last: T | undefined;
  try {
    for (;;) {
      const { items, resourceVersion } = await listOne(client, resource, key, signal);
      last = items[0];
      if (test(last)) return last;
      const query = { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}`, resourceVersion };
      for await (const event of client.watch(resource, query, { signal })) {
        if (event.type === 'bookmark' || event.type === 'unreadable') continue;
        last = event.type === 'deleted' ? undefined : event.object;
        if (test(last)) return last;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Error(
      `${resource.kind} ${key.name} did not become what was waited for within ${timeout} ms; it is\n${JSON.stringify(last, null, 1)}`,
      { cause: error },
    );
  }
}

async function listOne<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  { namespace, name }: ObjectKey,
  signal: AbortSignal,
): Promise<{ items: readonly T[]; resourceVersion: string }> {
  for await (const page of client.list(resource, { namespace, fieldSelector: `metadata.name=${name}` }, { signal })) {
    return page;
  }
  throw new Error('a list has no page');
}
