import type { KubeClient } from '../../src/kube/api/client.ts';
import type { KubeObject } from '../../src/kube/api/object.ts';

const PLURALS: Readonly<Record<string, string>> = {
  Certificate: 'certificates',
  CertificateRequest: 'certificaterequests',
  Challenge: 'challenges',
  ClusterIssuer: 'clusterissuers',
  Gateway: 'gateways',
  Ingress: 'ingresses',
  Issuer: 'issuers',
  Order: 'orders',
  Secret: 'secrets',
};

type Whole = KubeObject & { readonly spec?: unknown; readonly status?: unknown };

/** UIDs of objects elsewhere, and what those objects are called by here. */
export type Uids = Map<string, string>;

/**
 * Puts objects into a cluster as they were in another one: generation, status, owners, and which manager owns which field. What is in no namespace
 * stays so, and all else goes into `namespace`. Resolves to the objects as they are then.
 */
export async function loadObjects(
  client: KubeClient,
  objects: readonly KubeObject[],
  namespace: string,
  uids: Uids = new Map(),
): Promise<KubeObject[]> {
  const loaded: KubeObject[] = [];
  let waiting = objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const isLater = (uid: string) => waiting.some(({ metadata }) => metadata.uid === uid);
  while (waiting.length > 0) {
    const next = waiting.filter(({ metadata }) => (metadata.ownerReferences ?? []).every(({ uid }) => !isLater(uid)));
    if (next.length === 0) throw new Error('objects own each other');
    waiting = waiting.filter((object) => !next.includes(object));
    for (const made of await Promise.all(next.map((object) => loadObject(client, object, namespace, uids)))) {
      loaded.push(made);
    }
  }
  return loaded;
}

async function loadObject(client: KubeClient, object: Whole, namespace: string, uids: Uids): Promise<KubeObject> {
  const { kind, apiVersion } = object;
  const {
    uid: oldUid = '',
    resourceVersion: _,
    creationTimestamp: _made,
    generation = 1,
    ...metadata
  } = object.metadata;
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = metadata.namespace === undefined ? '' : `/namespaces/${namespace}`;
  const path = `${group}${place}/${PLURALS[kind] ?? ''}`;
  const { managedFields, ...kept } = withUids(metadata, uids);
  const meta = metadata.namespace === undefined ? kept : { ...kept, namespace };
  const send = async (method: 'POST' | 'PUT', where: string, body: unknown): Promise<Whole> => {
    const options = { signal: AbortSignal.timeout(20_000) };
    return (await client.raw(
      { method, path: path + where, body, query: { fieldManager: 'loader' } },
      options,
    )) as Whole;
  };
  const at = `/${metadata.name}`;
  const touch = (number: number) => ({ ...(object.spec as object), revisionHistoryLimit: number });
  let now = await send('POST', '', {
    ...object,
    metadata: meta,
    ...(kind === 'Certificate' && generation > 1 && { spec: touch(1) }),
  });
  uids.set(oldUid, now.metadata.uid ?? '');
  const changes = kind === 'Certificate' ? generation : 1;
  for (let number = 2; number <= changes; number += 1) {
    now = await send('PUT', at, { ...now, spec: number === generation ? object.spec : touch(number) });
  }
  const { status } = object;
  if (status !== undefined && kind !== 'Ingress') now = await send('PUT', `${at}/status`, { ...now, status });
  // Nothing but who owns what changes: then the server takes over what it is told.
  return await send('PUT', at, { ...now, metadata: { ...now.metadata, managedFields } });
}

/** With the UIDs of owners as they are here, also where managers own a reference to one. */
function withUids<T>(value: T, uids: Uids): T {
  let text = JSON.stringify(value);
  for (const [before, after] of uids) text = text.replaceAll(before, after);
  return JSON.parse(text) as T;
}
