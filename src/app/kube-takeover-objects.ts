import { experimentalListenerSets, gateways, listenerSets } from '../kube/api/gateway.ts';
import type { Gateway, ListenerSet } from '../kube/api/gateway.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { ingresses } from '../kube/api/ingress.ts';
import { isKubeError } from '../kube/api/kube-error.ts';
import { listAll } from '../kube/api/list-all.ts';
import { keyOf, parseKey } from '../kube/api/object.ts';
import type { KubeObject } from '../kube/api/object.ts';
import type { Resource } from '../kube/api/resource.ts';
import { gatewayRequest, listenerSetRequest, parentGatewayKey } from '../kube/shim/gateway-request.ts';
import { ingressRequest } from '../kube/shim/ingress-request.ts';
import type { ShimOptions } from '../kube/shim/shim-options.ts';
import type { ShimRequest } from '../kube/shim/shim-request.ts';

/** Something that may ask for certificates, and what it asks for. */
export interface AskingObject {
  readonly owner: KubeObject;
  readonly request: ShimRequest;
}

/** Every Ingress, and where Gateway API is installed every Gateway and ListenerSet. @throws KubeError */
export async function readAskingObjects(
  client: KubeClient,
  { namespace, options }: { readonly namespace: string | undefined; readonly options: ShimOptions },
  signal: AbortSignal,
): Promise<AskingObject[]> {
  const all = async <T extends KubeObject>(resource: Resource<T>): Promise<readonly T[]> =>
    (await listAll(client, resource, { namespace }, { signal })).items;
  const installed = async <T extends KubeObject>(resource: Resource<T>): Promise<readonly T[]> =>
    (await client.hasResource(resource, { signal })) ? await all(resource) : [];
  const [entries, parents, ...sets] = await Promise.all([
    all(ingresses),
    installed(gateways),
    installed(listenerSets),
    installed(experimentalListenerSets),
  ]);
  const seen = new Map(parents.map((gateway) => [keyOf(gateway), gateway]));
  const found: AskingObject[] = [
    ...entries.map((owner) => ({ owner, request: ingressRequest(owner) })),
    ...parents.map((owner) => ({ owner, request: gatewayRequest(owner, options) })),
  ];
  for (const set of sets.flat()) {
    const parent = await parentOf(client, set, { seen, isAll: namespace === undefined }, signal);
    found.push({ owner: set, request: listenerSetRequest(set, parent, options) });
  }
  return found;
}

/** The Gateway may be in a namespace that was not asked for, and that whoever asks may not read. */
async function parentOf(
  client: KubeClient,
  set: ListenerSet,
  { seen, isAll }: { readonly seen: ReadonlyMap<string, Gateway>; readonly isAll: boolean },
  signal: AbortSignal,
): Promise<Gateway | 'unseen' | undefined> {
  const key = parentGatewayKey(set);
  if (key === undefined) return undefined;
  const known = seen.get(key);
  if (known !== undefined || isAll) return known;
  try {
    return await client.get(gateways, parseKey(key), { signal });
  } catch (error) {
    if (isKubeError(error, 'kube-forbidden')) return 'unseen';
    throw error;
  }
}
