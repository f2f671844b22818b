import { acceptOf, explainMissing, searchOf, whatIs } from './api-call.ts';
import type { ApiCall } from './api-call.ts';
import type { KubeClient, Selection } from './client.ts';
import { isKubeError } from './kube-error.ts';
import { formatKey } from './object.ts';
import { pageOf, parseObject } from './page-of.ts';
import { collectionPath, objectPath } from './resource-path.ts';
import type { HttpCall, Transport } from './transport.ts';
import { watchEvents } from './watch-events.ts';

const PAGE_SIZE = 500;
/** The server ends a watch after this, s; spread, so that the watches of a fleet do not all begin anew at once. */
const WATCH_SECONDS = { least: 300, spread: 300 };
/** Bookmarks come each minute: with none for so long, ms, the connection is dead. */
const WATCH_IDLE = 180_000;

export function createReadCalls(call: ApiCall, transport: Transport): Pick<KubeClient, 'get' | 'list' | 'watch'> {
  return {
    async get(resource, key, options) {
      const path = objectPath(resource, key);
      const what = whatIs('get', resource, formatKey(key));
      try {
        return parseObject(resource, await call({ method: 'GET', path, headers: acceptOf(resource), what }, options));
      } catch (error) {
        if (isKubeError(error, 'kube-not-found') && error.isObject) return undefined;
        throw explainMissing(error, resource);
      }
    },
    async *list(resource, query, options) {
      const { namespace, pageSize = PAGE_SIZE, resourceVersion } = query;
      const what = whatIs('list', resource, namespace);
      let next = '';
      do {
        // A token says its own resource version.
        const from = next === '' ? { resourceVersion } : { continue: next };
        const search = searchOf({ ...selectorsOf(query), limit: String(pageSize), ...from });
        const path = collectionPath(resource, namespace) + search;
        const http: HttpCall = { method: 'GET', path, headers: acceptOf(resource, true), what };
        const answer = await call(http, { priority: 'background', ...options }).catch((error: unknown) => {
          throw explainMissing(error, resource);
        });
        const read = pageOf(resource, answer);
        ({ next } = read);
        yield read.page;
      } while (next !== '');
    },
    async *watch(resource, query, { signal }) {
      const search = searchOf({
        ...selectorsOf(query),
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: query.resourceVersion,
        timeoutSeconds: String(Math.round(WATCH_SECONDS.least + WATCH_SECONDS.spread * Math.random())),
      });
      const path = collectionPath(resource, query.namespace) + search;
      const what = whatIs('watch', resource, query.namespace);
      const http: HttpCall = { method: 'GET', path, headers: acceptOf(resource), what };
      try {
        yield* watchEvents(resource, transport.stream(http, WATCH_IDLE, signal));
      } catch (error) {
        throw explainMissing(error, resource);
      }
    },
  };
}

function selectorsOf({ labelSelector, fieldSelector }: Selection): Record<string, string | undefined> {
  return { labelSelector, fieldSelector };
}
