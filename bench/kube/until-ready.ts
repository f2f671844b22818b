import { certificateResource } from '../../src/kube/schema/certificate.ts';
import type { Certificate } from '../../src/kube/schema/certificate.ts';
import type { KubeCluster } from '../../test/peers/kube-cluster.ts';
import { isDone } from '../../test/peers/kube-world.ts';

/** Not checked member by member: on the same machine, that would be measured as well. */
const unchecked = { ...certificateResource, parse: (object: unknown) => object as Certificate };

/** Resolves when all these Certificates are Ready; by watching. @throws Error that says how many were not, after `timeout` ms */
export async function untilReady(
  { client }: Pick<KubeCluster, 'client'>,
  names: readonly string[],
  timeout: number,
): Promise<void> {
  const missing = new Set(names);
  const signal = AbortSignal.timeout(timeout);
  const look = (certificate: Certificate): void => {
    if (isDone(certificate)) missing.delete(certificate.metadata.name);
  };
  try {
    while (missing.size > 0) {
      let resourceVersion = '';
      for await (const page of client.list(unchecked, { namespace: 'default' }, { signal })) {
        for (const certificate of page.items) look(certificate);
        resourceVersion = page.resourceVersion;
      }
      if (missing.size === 0) return;
      for await (const event of client.watch(unchecked, { namespace: 'default', resourceVersion }, { signal })) {
        if (event.type === 'added' || event.type === 'modified') look(event.object);
        if (missing.size === 0) return;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    const left = [...missing].slice(0, 5).join(', ');
    throw new Error(`${missing.size} of ${names.length} Certificates are not Ready after ${timeout} ms: ${left}`, {
      cause: error,
    });
  }
}
