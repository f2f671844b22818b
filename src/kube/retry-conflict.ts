import type { KubeClient } from './api/client.ts';
import { done } from './api/controller.ts';
import type { Result } from './api/controller.ts';
import type { Informer } from './api/informer.ts';
import { isKubeError } from './api/kube-error.ts';
import { parseKey } from './api/object.ts';
import type { KubeObject } from './api/object.ts';

/**
 * Runs one reconcile. When a write was refused because the object had been changed meanwhile, the object is read anew, so that the next look (which
 * the controller takes within milliseconds of a conflict) does not fail the same way. When it is gone there is nothing left to do.
 */
export async function retryConflict<T extends KubeObject>(
  { client, informer }: { readonly client: KubeClient; readonly informer: Informer<T> },
  key: string,
  signal: AbortSignal,
  reconcile: () => Promise<Result>,
): Promise<Result> {
  try {
    return await reconcile();
  } catch (error) {
    if (!isKubeError(error, 'kube-conflict', 'kube-not-found')) throw error;
    const newest = await client.get(informer.resource, parseKey(key), { signal });
    if (newest === undefined) return done;
    informer.upsert(newest);
    // Not `again(0)`: with a conflict that does not end, such as over a field that somebody else owns, that would be a circle without a pause.
    throw error;
  }
}
