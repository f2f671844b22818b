import { z } from 'zod';
import type { WatchEvent } from './client.ts';
import { jsonLines } from './json-lines.ts';
import { KubeError } from './kube-error.ts';
import type { KubeObject } from './object.ts';
import { readObject } from './page-of.ts';
import type { Resource } from './resource.ts';
import { statusError } from './status-error.ts';

const eventSchema = z.looseObject({ type: z.string(), object: z.unknown() });
const bookmarkSchema = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });
const errorSchema = z.looseObject({ code: z.number().optional() });

const TYPES: Readonly<Record<string, 'added' | 'modified' | 'deleted'>> = {
  ADDED: 'added',
  MODIFIED: 'modified',
  DELETED: 'deleted',
};

/** The events in the body of a watch. An ERROR of the server is thrown: with 410 it is `kube-gone`. */
export async function* watchEvents<T extends KubeObject>(
  resource: Resource<T>,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>> {
  for await (const value of jsonLines(body)) {
    const { data: event } = eventSchema.safeParse(value);
    if (event === undefined)
      throw new KubeError('kube-unavailable', `the API server sent no event of a watch of ${resource.plural}`);
    const type = TYPES[event.type];
    if (type !== undefined) {
      const read = readObject(resource, event.object);
      yield read.kind === 'object'
        ? { type, object: read.object }
        : { type: 'unreadable', deleted: type === 'deleted', ...read.unreadable };
    } else if (event.type === 'BOOKMARK') {
      const { data } = bookmarkSchema.safeParse(event.object);
      if (data !== undefined) yield { type: 'bookmark', resourceVersion: data.metadata.resourceVersion };
    } else if (event.type === 'ERROR') {
      const status = errorSchema.safeParse(event.object).data?.code ?? 500;
      throw statusError({ status, body: JSON.stringify(event.object), what: `watch ${resource.plural}` });
    }
    // Types that are not known yet are passed over.
  }
}
