import { isDeepStrictEqual } from 'node:util';
import type { Applied, KubeClient } from '../api/client.ts';
import type { EventToRecord } from '../api/event-recorder.ts';
import type { ChangeListener, Informer } from '../api/informer.ts';
import { KubeError } from '../api/kube-error.ts';
import { formatKey, keyOf } from '../api/object.ts';
import type { KubeObject, ManagedFieldsEntry } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { apiVersionOf } from '../api/resource.ts';
import { secrets as secretResource } from '../api/secret.ts';
import type { Secret } from '../api/secret.ts';
import { toTime } from '../conditions.ts';
import type { KubeDeps } from '../deps.ts';
import { certificateIndexes, requestIndexes } from '../indexes.ts';
import { defaultKubeOptions } from '../options.ts';
import type { KubeOptions } from '../options.ts';
import { certificateRequestResource } from '../schema/certificate-request.ts';
import { certificateResource } from '../schema/certificate.ts';
import { clusterIssuerResource, issuerResource } from '../schema/issuer.ts';
import { createManualClock } from './manual-clock.ts';
import type { ManualClock } from './manual-clock.ts';

export interface FakeDeps {
  readonly deps: KubeDeps;
  readonly clock: ManualClock;
  /** Each write that there was, as `create Secret/name`. */
  readonly writes: string[];
  readonly events: { readonly about: string; readonly event: EventToRecord }[];
  readonly problems: unknown[];
  /** As a person does: kubectl apply. */
  put<T extends KubeObject>(resource: Resource<T>, object: Omit<T, 'apiVersion' | 'kind'>): T;
  get<T extends KubeObject>(resource: Resource<T>, name: string): T | undefined;
  list<T extends KubeObject>(resource: Resource<T>): T[];
  remove(resource: Resource, name: string): void;
  /** Of kinds that KubeDeps does not have. */
  informer<T extends KubeObject>(
    resource: Resource<T>,
    indexes?: Readonly<Record<string, (object: T) => readonly string[]>>,
  ): Informer<T>;
}

const NAMESPACE = 'default';

/** What controllers are given, in memory: an API server whose informers are never late, a clock that is moved by hand. */
export function createFakeDeps(options: Partial<KubeOptions> = {}): FakeDeps {
  const clock = createManualClock(Date.UTC(2026, 0, 1));
  const stores = new Map<string, Map<string, KubeObject>>();
  const listeners = new Map<string, Set<(key: string, before?: KubeObject, after?: KubeObject) => void>>();
  const writes: string[] = [];
  const events: FakeDeps['events'] = [];
  const problems: unknown[] = [];
  let version = 0;

  const storeOf = ({ kind }: Pick<Resource, 'kind'>): Map<string, KubeObject> => {
    const store = stores.get(kind) ?? new Map<string, KubeObject>();
    stores.set(kind, store);
    return store;
  };

  function change(resource: Resource, key: string, after: KubeObject | undefined): void {
    const store = storeOf(resource);
    const before = store.get(key);
    if (after === undefined) store.delete(key);
    else store.set(key, after);
    for (const listener of listeners.get(resource.kind) ?? []) listener(key, before, after);
  }

  function save<T extends KubeObject>(resource: Resource<T>, object: object, generation = 1): T {
    version += 1;
    const given = object as T;
    const { metadata } = given;
    const stored = {
      ...given,
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: {
        uid: `uid-${resource.kind}-${metadata.name}-${version}`,
        creationTimestamp: toTime(clock.now()),
        generation,
        ...metadata,
        resourceVersion: String(version),
      },
    } as T;
    change(resource, keyOf(stored), stored);
    return stored;
  }

  function existing<T extends KubeObject>(resource: Resource<T>, metadata: KubeObject['metadata']): T {
    const found = storeOf(resource).get(formatKey(metadata)) as T | undefined;
    if (found === undefined) throw new KubeError('kube-not-found', `${resource.kind} ${metadata.name} is not there`);
    return found;
  }

  const client = {
    get: async (resource, key) => storeOf(resource).get(formatKey(key)) as never,
    async create(resource, object) {
      const name = object.metadata.name ?? '';
      const metadata = { ...object.metadata, name };
      if (storeOf(resource).has(formatKey(metadata))) throw new KubeError('kube-exists', `${name} is there`);
      writes.push(`create ${resource.kind}/${name}`);
      return save(resource, object) as never;
    },
    async update(resource, object) {
      const before = existing(resource, object.metadata as KubeObject['metadata']);
      if (object.metadata.resourceVersion !== before.metadata.resourceVersion) {
        throw new KubeError('kube-conflict', `${before.metadata.name} was changed`);
      }
      writes.push(`update ${resource.kind}/${before.metadata.name}`);
      const generation = (before.metadata.generation ?? 0) + 1;
      return save(resource, { ...object, metadata: { ...object.metadata, generation } }) as never;
    },
    async updateStatus(resource, object) {
      const before = existing(resource, object.metadata as KubeObject['metadata']);
      if (object.metadata.resourceVersion !== before.metadata.resourceVersion) {
        throw new KubeError('kube-conflict', `${before.metadata.name} was changed`);
      }
      writes.push(`status ${resource.kind}/${before.metadata.name}`);
      return save(resource, { ...before, status: (object as { status?: unknown }).status }) as never;
    },
    async patch(resource, key, patch, { subresource }) {
      if (patch.type !== 'merge') throw new Error('only merge patches here');
      const before = existing(resource, { ...key });
      const next = merged(before, patch.body) as KubeObject;
      writes.push(`patch ${resource.kind}${subresource === undefined ? '' : `/${subresource}`}/${key.name}`);
      const isGone = next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0;
      if (!isGone) return save(resource, next) as never;
      change(resource, formatKey(key), undefined);
      return next as never;
    },
    async apply(resource, object, { fieldManager }) {
      writes.push(`apply ${resource.kind}/${object.metadata.name}`);
      return applySecret(object, fieldManager) as never;
    },
    async delete(resource, key, { uid }) {
      const found = storeOf(resource).get(formatKey(key));
      if (found === undefined) return false;
      if (uid !== undefined && found.metadata.uid !== uid) throw new KubeError('kube-conflict', 'another one');
      writes.push(`delete ${resource.kind}/${key.name}`);
      const { metadata } = found;
      const isHeld = (metadata.finalizers ?? []).length > 0;
      if (isHeld) save(resource, { ...found, metadata: { ...metadata, deletionTimestamp: toTime(clock.now()) } });
      else change(resource, formatKey(key), undefined);
      return true;
    },
  } satisfies Partial<KubeClient> as unknown as KubeClient;

  /** Server-side apply as far as Secrets need it: what the manager owned and no longer names goes. */
  function applySecret(object: Applied<Secret>, manager: string): Secret {
    const before = storeOf(secretResource).get(formatKey(object.metadata)) as Secret | undefined;
    const entry = before?.metadata.managedFields?.find(({ manager: by }) => by === manager);
    const merge = (
      path: 'f:labels' | 'f:annotations' | 'f:data',
      present = {},
      wanted = {},
    ): Record<string, string> => {
      const owned = Object.keys(ownedIn(entry, path));
      const kept = Object.entries(present).filter(([name]) => !owned.includes(`f:${name}`));
      return { ...Object.fromEntries(kept), ...wanted };
    };
    const next = {
      ...before,
      type: before?.type ?? object.type,
      data: merge('f:data', before?.data, object.data),
      metadata: {
        ...before?.metadata,
        ...object.metadata,
        labels: merge('f:labels', before?.metadata.labels, object.metadata.labels),
        annotations: merge('f:annotations', before?.metadata.annotations, object.metadata.annotations),
        managedFields: [managedBy(manager, object)],
      },
    };
    if (before !== undefined && isDeepStrictEqual({ ...next, metadata: { ...next.metadata } }, { ...before }))
      return before;
    return save(secretResource, next);
  }

  function informer<T extends KubeObject>(
    resource: Resource<T>,
    indexes: Readonly<Record<string, (object: T) => readonly string[]>> = {},
  ): Informer<T> {
    const all = () => [...storeOf(resource).values()] as T[];
    return {
      resource,
      get: (key) => storeOf(resource).get(typeof key === 'string' ? key : formatKey(key)) as T | undefined,
      list: (namespace) => all().filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
      byIndex: (name, value) => all().filter((object) => indexes[name]?.(object).includes(value) === true),
      synced: Promise.resolve(),
      isSynced: () => true,
      onChange: (listener) => listen(resource, listener as unknown as ChangeListener<KubeObject>),
      run: async () => {},
      upsert: () => {},
    };
  }

  function listen(resource: Resource, listener: ChangeListener<KubeObject>): () => void {
    const set = listeners.get(resource.kind) ?? new Set();
    const wrapped = (key: string, before?: KubeObject, after?: KubeObject) => listener(key, before, after);
    listeners.set(resource.kind, set.add(wrapped));
    return () => void set.delete(wrapped);
  }

  const secretsOf = informer(secretResource);
  const deps: KubeDeps = {
    client,
    clock,
    certificates: informer(certificateResource, certificateIndexes),
    requests: informer(certificateRequestResource, requestIndexes),
    issuers: informer(issuerResource),
    clusterIssuers: informer(clusterIssuerResource),
    secrets: {
      read: async (key) => secretsOf.get(key),
      metadata: (key) => secretsOf.get(key),
      list: (namespace) => secretsOf.list(namespace),
      synced: Promise.resolve(),
      isSynced: () => true,
      onChange: (listener) => listen(secretResource, (key) => listener(key)),
      run: async () => {},
      upsert: () => {},
    },
    events: {
      record: (about, event) => void events.push({ about: `${about.kind}/${about.metadata.name}`, event }),
      run: async () => {},
    },
    options: { ...defaultKubeOptions, ...options },
    report: (error) => void problems.push(error),
    observe: { synced: () => {}, depth: () => {} },
  };

  return {
    deps,
    clock,
    writes,
    events,
    problems,
    put(resource, object) {
      const metadata = { namespace: NAMESPACE, ...object.metadata };
      const before = storeOf(resource).get(formatKey(metadata));
      const generation = (before?.metadata.generation ?? 0) + 1;
      return save(
        resource,
        { ...before, ...object, metadata: { ...before?.metadata, ...metadata, generation } },
        generation,
      );
    },
    get: (resource, name) => storeOf(resource).get(formatKey({ namespace: NAMESPACE, name })) as never,
    list: (resource) => [...storeOf(resource).values()] as never,
    informer,
    remove: (resource, name) => change(resource, formatKey({ namespace: NAMESPACE, name }), undefined),
  };
}

/** RFC 7386. */
function merged(before: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result = new Map(
    Object.entries(typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {}),
  );
  for (const [member, value] of Object.entries(patch)) {
    if (value === null) result.delete(member);
    else result.set(member, merged(result.get(member), value));
  }
  return Object.fromEntries(result);
}

function ownedIn(entry: ManagedFieldsEntry | undefined, path: string): object {
  const fields = entry?.fieldsV1 as Record<string, Record<string, object>> | undefined;
  return (path === 'f:data' ? fields?.[path] : fields?.['f:metadata']?.[path]) ?? {};
}

function managedBy(manager: string, { metadata, data }: Applied<Secret>): ManagedFieldsEntry {
  const names = (of: object | undefined) => Object.fromEntries(Object.keys(of ?? {}).map((name) => [`f:${name}`, {}]));
  const owners = (metadata.ownerReferences ?? []).map(({ uid }) => [`k:${JSON.stringify({ uid })}`, {}] as const);
  const fieldsV1 = {
    'f:data': names(data),
    'f:metadata': {
      'f:labels': names(metadata.labels),
      'f:annotations': names(metadata.annotations),
      'f:ownerReferences': Object.fromEntries(owners),
    },
  };
  return { manager, operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1 };
}
