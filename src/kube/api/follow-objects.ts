import { assertNever } from '../../core/assert-never.ts';
import type { Clock } from '../../core/clock.ts';
import type { KubeClient, Selection, UnreadableObject, WatchEvent } from './client.ts';
import { isKubeError } from './kube-error.ts';
import { keyOf } from './object.ts';
import type { KubeObject } from './object.ts';
import type { ObjectStore } from './object-store.ts';
import type { Resource } from './resource.ts';

export interface FollowOptions<T extends KubeObject> {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly resource: Resource<T>;
  readonly selection: Selection;
  readonly store: ObjectStore<T>;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  /** After each whole list. */
  readonly onListed: () => void;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE = 800;
const LONGEST_PAUSE = 30_000;
/** A watch that the server ends at once must not be asked for in a circle. */
const SHORTEST_WATCH = 1000;
/** Lists that the server forgot in the middle: then all at once, in one answer. */
const PAGED_TRIES = 2;

/** Keeps the store as the server is: list, then watch from there, again and again, until the signal aborts. */
export async function followObjects<T extends KubeObject>(options: FollowOptions<T>): Promise<void> {
  const { clock, signal, onError } = options;
  let failures = 0;
  let forgotten = 0;
  let from: string | undefined;
  while (!signal.aborted) {
    try {
      if (from === undefined) {
        from = await listInto(options, forgotten >= PAGED_TRIES);
        forgotten = 0;
      }
      const started = clock.now();
      for await (const version of watchInto(options, from)) {
        from = version;
        failures = 0;
      }
      // The server ends each watch after some minutes; what it says sooner than that is no success.
      if (clock.now() - started < SHORTEST_WATCH) await clock.sleep(SHORTEST_WATCH, signal);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      const isGone = isKubeError(error, 'kube-gone');
      if (isGone && from === undefined) forgotten += 1;
      // With the kind itself gone (its CRD), the versions start anew when it is back.
      if (isGone || isKubeError(error, 'kube-not-found')) from = undefined;
      // Normal after a long silence; only when it comes again and again it is a fault.
      if (isGone && failures <= PAGED_TRIES) continue;
      onError(error);
      await clock.sleep(pauseAfter(error, failures, clock), signal).catch(() => {});
    }
  }
}

async function listInto<T extends KubeObject>(options: FollowOptions<T>, atOnce: boolean): Promise<string> {
  const { client, resource, selection, store, signal } = options;
  const listed = new Set<string>();
  let resourceVersion = '';
  const query = { ...selected(selection), ...(atOnce ? { pageSize: 0 } : {}) };
  for await (const page of client.list(resource, query, { signal, priority: 'background' })) {
    if (resourceVersion === '') store.startOfList(page.resourceVersion);
    for (const object of page.items) {
      listed.add(keyOf(object));
      store.put(object);
    }
    for (const unreadable of page.unreadable) passOver(options, unreadable);
    ({ resourceVersion } = page);
  }
  store.endOfList(listed, resourceVersion);
  options.onListed();
  return resourceVersion;
}

/** Yields how far it has come. */
async function* watchInto<T extends KubeObject>(options: FollowOptions<T>, from: string): AsyncGenerator<string> {
  const { client, resource, selection, store, signal } = options;
  const query = { ...selected(selection), resourceVersion: from };
  for await (const event of client.watch(resource, query, { signal })) {
    const version = take(event, options);
    if (version === undefined || version === '') continue;
    store.seen(version);
    yield version;
  }
}

function take<T extends KubeObject>(event: WatchEvent<T>, options: FollowOptions<T>): string | undefined {
  const { store } = options;
  switch (event.type) {
    case 'added':
    case 'modified':
      store.put(event.object);
      return event.object.metadata.resourceVersion;
    case 'deleted':
      store.remove(keyOf(event.object), event.object.metadata.resourceVersion);
      return event.object.metadata.resourceVersion;
    case 'unreadable':
      if (event.deleted) store.remove(event.key, event.resourceVersion);
      else passOver(options, event);
      return event.resourceVersion;
    case 'bookmark':
      return event.resourceVersion;
    default:
      return assertNever(event);
  }
}

/** What cannot be read is not there: better than acting on a state that it is no longer in. */
function passOver<T extends KubeObject>({ store, onError }: FollowOptions<T>, unreadable: UnreadableObject): void {
  onError(unreadable.error);
  store.remove(unreadable.key, unreadable.resourceVersion);
}

function selected({ namespace, labelSelector, fieldSelector }: Selection): Selection {
  return { namespace, labelSelector, fieldSelector };
}

function pauseAfter(error: unknown, failures: number, clock: Clock): number {
  const growing = Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE) * (1 + Math.random());
  if (!isKubeError(error) || error.retry.kind !== 'after') return growing;
  return Math.max(error.retry.at - clock.now(), growing);
}
