import { isDeepStrictEqual } from 'node:util';
import { createController, done } from '../api/controller.ts';
import type { Controller, Result } from '../api/controller.ts';
import { formatKey, keyOf } from '../api/object.ts';
import type { KubeObject } from '../api/object.ts';
import type { KubeDeps } from '../deps.ts';
import { reconcileShim } from './reconcile-shim.ts';
import type { Problems } from './reconcile-shim.ts';
import type { ShimOptions } from './shim-options.ts';
import type { ShimSource } from './shim-source.ts';

/** Makes Certificates for one kind of object that asks for them by annotations. */
export function createShimController<T extends KubeObject>(
  deps: KubeDeps,
  source: ShimSource<T>,
  options: ShimOptions,
): Controller {
  const { name, informer } = source;
  const { certificates, clock, events } = deps;
  /** What has been told of each object, so that an event is told again only when there is something new. */
  const told = new Map<string, Problems>();
  const controller = createController({
    name,
    workers: deps.options.workers,
    clock,
    reconcile,
    onError: (error, key) => deps.report(error, name, key),
    observe: deps.observe,
  });

  async function reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const owner = informer.get(key);
    if (owner === undefined) {
      told.delete(key);
      return done;
    }
    tell(owner, await reconcileShim(deps, source, options, owner, signal));
    return done;
  }

  function tell(owner: T, problems: Problems): void {
    const key = keyOf(owner);
    const before = told.get(key) ?? [];
    for (const message of problems.filter((problem) => !before.includes(problem))) {
      events.record(owner, { type: 'Warning', reason: 'BadConfig', message, component: `cert-manager-${name}` });
    }
    if (problems.length === 0) told.delete(key);
    else told.set(key, problems);
  }

  informer.onChange((key) => controller.add(key, informer.isSynced() ? 'urgent' : 'normal'));
  certificates.onChange((key, before, after) => {
    if (before !== undefined && after !== undefined && isSameToUs(before, after)) return;
    for (const { metadata } of [before, after].filter((one) => one !== undefined)) {
      const owner = metadata.ownerReferences?.find(
        ({ controller: is, kind }) => is === true && kind === informer.resource.kind,
      );
      if (owner !== undefined) controller.add(formatKey({ namespace: metadata.namespace, name: owner.name }));
    }
    // Whoever waits for the name, or has just lost it.
    for (const owner of informer.byIndex('secret', key)) controller.add(keyOf(owner));
  });
  source.watch?.((key) => controller.add(key, 'urgent'));
  return controller;
}

/** Conditions come and go, while what was asked for stays. */
function isSameToUs({ metadata: one }: KubeObject, { metadata: other }: KubeObject): boolean {
  return (
    one.uid === other.uid &&
    one.generation === other.generation &&
    one.deletionTimestamp === other.deletionTimestamp &&
    isDeepStrictEqual(
      [one.labels, one.annotations, one.ownerReferences],
      [other.labels, other.annotations, other.ownerReferences],
    )
  );
}
