import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { listAll } from '../kube/api/list-all.ts';
import { withCondition } from '../kube/conditions.ts';
import { certificateResource } from '../kube/schema/certificate.ts';
import { tryAgain } from './kube-try-again.ts';

/** Which Certificates: by name, or all that a label selector (or nothing) chooses. */
export interface RenewSelection {
  readonly names: readonly string[];
  readonly all: boolean;
  readonly allNamespaces: boolean;
  readonly selector: string | undefined;
}

export interface Renewed {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Asks for a new certificate now, as `cmctl renew` does: the condition Issuing is set to True, and whichever controller runs goes on from
 * there. Asking twice is as once. @throws DomainError `kube-not-found`, `invalid-config`
 */
export async function renewCertificates(
  client: KubeClient,
  namespace: string,
  selection: RenewSelection,
  clock: Clock,
  signal: AbortSignal,
): Promise<Renewed[]> {
  const keys = await chosen(client, namespace, selection, signal);
  for (const key of keys) await renew(client, key, clock, signal);
  return keys;
}

async function chosen(
  client: KubeClient,
  namespace: string,
  { names, all, allNamespaces, selector }: RenewSelection,
  signal: AbortSignal,
): Promise<Renewed[]> {
  const byList = all || selector !== undefined;
  if (names.length > 0 === byList) {
    throw new DomainError(
      'invalid-config',
      `say which certificates: ${byList ? 'either name them' : 'name them'}, or give --all, or a label by -l`,
    );
  }
  if (!byList && allNamespaces)
    throw new DomainError('invalid-config', 'names are of one namespace: give it by -n, and no -A');
  if (!byList) return names.map((name) => ({ namespace, name }));
  const query = { namespace: allNamespaces ? undefined : namespace, labelSelector: selector };
  const { items } = await listAll(client, certificateResource, query, { signal });
  return items.map(({ metadata }) => ({ namespace: metadata.namespace ?? namespace, name: metadata.name }));
}

async function renew(client: KubeClient, key: Renewed, clock: Clock, signal: AbortSignal): Promise<void> {
  await tryAgain(async () => {
    const certificate = await client.get(certificateResource, key, { signal });
    if (certificate === undefined) {
      const message = `there is no Certificate ${key.name} in the namespace ${key.namespace}; see: kubectl get certificates -A`;
      throw new DomainError('kube-not-found', message);
    }
    const issuing = {
      type: 'Issuing',
      status: 'True',
      reason: 'ManuallyTriggered',
      message: 'Certificate re-issuance manually triggered',
      observedGeneration: certificate.metadata.generation,
    } as const;
    const conditions = withCondition(certificate.status?.conditions, issuing, clock.now());
    const changed = { ...certificate, status: { ...certificate.status, conditions: [...conditions] } };
    await client.updateStatus(certificateResource, changed, { signal });
  });
}
