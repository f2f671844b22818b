import type { KubeClient } from '../api/client.ts';
import { KubeError } from '../api/kube-error.ts';
import type { KubeObject } from '../api/object.ts';
import { keyOf, formatKey } from '../api/object.ts';

export type FakeObjects = Pick<KubeClient, 'get' | 'create' | 'update'> & {
  /** What each call throws from now on; undefined: all is well again. */
  fail(error: Error | undefined): void;
  stored(key: string): KubeObject | undefined;
};

/** An API server for single objects in memory: versions, conflicts and outages, nothing else. */
export function createFakeObjects(): FakeObjects {
  const objects = new Map<string, KubeObject>();
  let version = 0;
  let failure: Error | undefined;

  function put(object: object): never {
    version += 1;
    const given = object as KubeObject;
    const stored = { ...given, metadata: { ...given.metadata, resourceVersion: String(version) } };
    objects.set(keyOf(stored), stored);
    return structuredClone(stored) as never;
  }

  function reach(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (failure !== undefined) throw failure;
  }

  return {
    fail(error) {
      failure = error;
    },
    stored: (key) => objects.get(key),
    async get(_resource, key, { signal }) {
      reach(signal);
      return structuredClone(objects.get(formatKey(key))) as never;
    },
    async create(_resource, object, { signal }) {
      reach(signal);
      const key = keyOf(object as unknown as KubeObject);
      if (objects.has(key)) throw new KubeError('kube-exists', `${key} is there`);
      return put(object);
    },
    async update(_resource, object, { signal }) {
      reach(signal);
      const given = object as unknown as KubeObject;
      const current = objects.get(keyOf(given));
      if (current === undefined) throw new KubeError('kube-not-found', `${keyOf(given)} is not there`);
      if (current.metadata.resourceVersion !== given.metadata.resourceVersion)
        throw new KubeError('kube-conflict', `${keyOf(given)} was changed`);
      return put(object);
    },
  };
}
