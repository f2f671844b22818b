import { keyOf } from './object.ts';
import type { KubeObject } from './object.ts';
import { isNewer } from './resource-version.ts';

export interface ObjectStoreOptions<T> {
  /** What is kept of an object. */
  readonly keep: (object: T) => T;
  readonly onChange: (key: string, before: T | undefined, after: T | undefined) => void;
}

/**
 * The objects of an informer. Two sources feed it, the server's list and watch, and our own writes. They overtake one another, so what is older than
 * what is here changes nothing.
 */
export interface ObjectStore<T> {
  get(key: string): T | undefined;
  values(): Iterable<T>;
  entries(): Iterable<[string, T]>;
  /** From the watch, or from a list. */
  put(object: T): void;
  /** From the watch; `resourceVersion` is that of the deletion. */
  remove(key: string, resourceVersion: string | undefined): void;
  /**
   * A list follows. When it is older than what the watch had seen, etcd was put back to a backup: then all of it holds, however old it is. (A list
   * is read by quorum, so nothing else makes it older.)
   */
  startOfList(resourceVersion: string): void;
  /** All that was in a list has been put: what was not in it is gone, but what was written since. */
  endOfList(listed: ReadonlySet<string>, resourceVersion: string): void;
  /** The watch has come so far. */
  seen(resourceVersion: string): void;
  /** From a write of ours: what the watch has passed already cannot come back by it. */
  upsert(object: T): void;
}

export function createObjectStore<T extends KubeObject>({ keep, onChange }: ObjectStoreOptions<T>): ObjectStore<T> {
  const objects = new Map<string, T>();
  let seenVersion: string | undefined;
  let wentBack = false;

  function put(object: T): void {
    const key = keyOf(object);
    const before = objects.get(key);
    const version = object.metadata.resourceVersion;
    if (before !== undefined && !wentBack && !isNewer(version, before.metadata.resourceVersion)) return;
    const after = keep(object);
    objects.set(key, after);
    onChange(key, before, after);
  }

  function remove(key: string): void {
    const before = objects.get(key);
    if (before === undefined) return;
    objects.delete(key);
    onChange(key, before, undefined);
  }

  function seen(resourceVersion: string | undefined): void {
    if (resourceVersion !== undefined && resourceVersion !== '') seenVersion = resourceVersion;
  }

  return {
    get: (key) => objects.get(key),
    values: () => objects.values(),
    entries: () => objects.entries(),
    put,
    remove(key, resourceVersion) {
      const before = objects.get(key);
      // Made anew under the same name, and we know it from our own write: the deletion is of the one before.
      if (before !== undefined && isNewer(before.metadata.resourceVersion, resourceVersion ?? '')) return;
      remove(key);
    },
    startOfList(resourceVersion) {
      wentBack = seenVersion !== undefined && isNewer(seenVersion, resourceVersion);
    },
    endOfList(listed, resourceVersion) {
      for (const [key, object] of objects) {
        if (listed.has(key)) continue;
        if (wentBack || !isNewer(object.metadata.resourceVersion, resourceVersion)) remove(key);
      }
      wentBack = false;
      seen(resourceVersion);
    },
    seen,
    upsert(object) {
      const isKnown = objects.has(keyOf(object));
      // Not here, though the watch has passed its version: it was deleted meanwhile.
      if (!isKnown && seenVersion !== undefined && !isNewer(object.metadata.resourceVersion, seenVersion)) return;
      put(object);
    },
  };
}
