import type { CallOptions, KubeClient, ListQuery } from './client.ts';
import { isKubeError } from './kube-error.ts';
import type { KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

/** Lists that are forgotten in the middle are begun again; the last time all is asked for at once, which cannot be forgotten. */
const MOST_TRIES = 3;
const AT_ONCE = 0;

/** All objects of a list in memory, of one moment, with the resource version of it. Those that cannot be parsed are left out. */
export async function listAll<T extends KubeObject>(
  client: Pick<KubeClient, 'list'>,
  resource: Resource<T>,
  query: ListQuery,
  options: CallOptions,
): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const items: T[] = [];
      let resourceVersion = '';
      const pageSize = attempt === MOST_TRIES ? { pageSize: AT_ONCE } : {};
      for await (const page of client.list(resource, { ...query, ...pageSize }, options)) {
        items.push(...page.items);
        ({ resourceVersion } = page);
      }
      return { items, resourceVersion };
    } catch (error) {
      if (!isKubeError(error, 'kube-gone') || attempt === MOST_TRIES) throw error;
    }
  }
}
