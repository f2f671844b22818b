import type { Clock } from '../../core/clock.ts';
import type { KubeClient, Selection } from './client.ts';
import { followObjects } from './follow-objects.ts';
import { formatKey } from './object.ts';
import type { KubeObject, ObjectKey } from './object.ts';
import { createKeysByValue } from './keys-by-value.ts';
import { createObjectStore } from './object-store.ts';
import type { Resource } from './resource.ts';

export interface InformerOptions<T extends KubeObject> extends Selection {
  readonly clock: Clock;
  /** What is kept of each object, before indexes and listeners see it. `managedFields` are dropped before, unless `keepManagedFields`. */
  readonly transform?: (object: T) => T;
  readonly keepManagedFields?: boolean;
  /** By the name of the index: under which values an object is to be found. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  /** Told of what went wrong, once for each time; the informer goes on by itself. */
  readonly onError?: (error: unknown) => void;
}

/** `before` is absent for a new object, `after` for one that is gone. */
export type ChangeListener<T> = (key: string, before: T | undefined, after: T | undefined) => void;

/**
 * A copy in memory of all objects of one kind (or of a selection), kept current by list and watch. Never gives up. Objects are shared: never change
 * one. Reads are as old as the network is slow, but never older than what this process wrote and gave to `upsert`.
 */
export interface Informer<T extends KubeObject> {
  readonly resource: Resource<T>;
  get(key: string | ObjectKey): T | undefined;
  list(namespace?: string): readonly T[];
  /** Those for which the index function gave this value. Throws for an index that there is not. */
  byIndex(name: string, value: string): readonly T[];
  /** Resolves when all that there was has been listed once. Never rejects. */
  readonly synced: Promise<void>;
  isSynced(): boolean;
  /** Called in order, also at once for each object that is known already; must not throw. Returns the end of it. */
  onChange(listener: ChangeListener<T>): () => void;
  /** Resolves when the signal has aborted, never rejects. Once only. */
  run(signal: AbortSignal): Promise<void>;
  /** Write-through of what a write of ours returned, so that the next reconcile sees it. What is older than the copy is passed over. */
  upsert(object: T): void;
}

/** Grouped by namespace whatever else is asked for. */
const NAMESPACE = Symbol('namespace');

export function createInformer<T extends KubeObject>(
  client: Pick<KubeClient, 'list' | 'watch'>,
  resource: Resource<T>,
  options: InformerOptions<T>,
): Informer<T> {
  const listeners = new Set<ChangeListener<T>>();
  const onError = options.onError ?? (() => {});
  const byNamespace = createKeysByValue<T>(({ metadata }) => [metadata.namespace ?? '']);
  const indexes = new Map<string | symbol, ReturnType<typeof createKeysByValue<T>>>([[NAMESPACE, byNamespace]]);
  for (const [name, valuesOf] of Object.entries(options.indexes ?? {})) indexes.set(name, createKeysByValue(valuesOf));

  const store = createObjectStore<T>({
    keep: (object) => keep(object, options),
    onChange(key, before, after) {
      for (const index of indexes.values()) index.change(key, before, after);
      for (const listener of listeners) listener(key, before, after);
    },
  });
  let isSynced = false;
  const { promise: synced, resolve } = Promise.withResolvers<void>();

  function read(index: string | symbol, value: string): readonly T[] {
    const found = indexes.get(index);
    if (found === undefined) throw new Error(`the informer of ${resource.plural} has no index ${String(index)}`);
    return [...found.keys(value)].flatMap((key) => store.get(key) ?? []);
  }

  return {
    resource,
    synced,
    get: (key) => store.get(typeof key === 'string' ? key : formatKey(key)),
    list: (namespace) => (namespace === undefined ? [...store.values()] : read(NAMESPACE, namespace)),
    byIndex: read,
    isSynced: () => isSynced,
    onChange(listener) {
      for (const [key, object] of store.entries()) listener(key, undefined, object);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    run: (signal) =>
      followObjects({
        client,
        resource,
        selection: options,
        store,
        clock: options.clock,
        onError,
        onListed() {
          isSynced = true;
          resolve();
        },
        signal,
      }),
    upsert: (object) => store.upsert(object),
  };
}

function keep<T extends KubeObject>(object: T, { transform, keepManagedFields }: InformerOptions<T>): T {
  let kept = object;
  if (keepManagedFields !== true && object.metadata.managedFields !== undefined) {
    const { managedFields: _, ...metadata } = object.metadata;
    kept = { ...object, metadata };
  }
  return transform === undefined ? kept : transform(kept);
}
