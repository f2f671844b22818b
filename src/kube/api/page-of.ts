import { z } from 'zod';
import type { ListPage, UnreadableObject } from './client.ts';
import { KubeError } from './kube-error.ts';
import { keyOf } from './object.ts';
import type { KubeObject } from './object.ts';
import { apiVersionOf } from './resource.ts';
import type { Resource } from './resource.ts';

const listSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().optional(), continue: z.string().optional() }),
  // Go writes an empty list as null here and there.
  items: z.array(z.unknown()).nullish(),
});

const keySchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    resourceVersion: z.string().optional(),
  }),
});

/** One answer to a list, with the token for the next one (empty at the end). */
export function pageOf<T extends KubeObject>(
  resource: Resource<T>,
  answer: unknown,
): { readonly page: ListPage<T>; readonly next: string } {
  const parsed = listSchema.safeParse(answer);
  if (!parsed.success)
    throw new KubeError('kube-unavailable', `what answers as API server sent no list of ${resource.plural}`);
  const items: T[] = [];
  const unreadable: UnreadableObject[] = [];
  for (const value of parsed.data.items ?? []) {
    const read = readObject(resource, value);
    if (read.kind === 'object') items.push(read.object);
    else unreadable.push(read.unreadable);
  }
  const { resourceVersion = '', continue: next = '' } = parsed.data.metadata;
  return { page: { items, unreadable, resourceVersion }, next };
}

export type ReadObject<T> =
  | { readonly kind: 'object'; readonly object: T }
  | { readonly kind: 'unreadable'; readonly unreadable: UnreadableObject };

/** An object of a list or a watch: there, one that cannot be parsed must not stop all others. */
export function readObject<T extends KubeObject>(resource: Resource<T>, value: unknown): ReadObject<T> {
  try {
    return { kind: 'object', object: parseObject(resource, value) };
  } catch (error) {
    const parsed = keySchema.safeParse(value);
    const resourceVersion = parsed.data?.metadata.resourceVersion ?? '';
    const key = parsed.data === undefined ? '' : keyOf(parsed.data);
    return { kind: 'unreadable', unreadable: { key, resourceVersion, error } };
  }
}

/** Items of lists come without apiVersion and kind, and metadata comes with that of PartialObjectMetadata. */
export function parseObject<T extends KubeObject>(resource: Resource<T>, value: unknown): T {
  if (typeof value !== 'object' || value === null)
    throw new KubeError('kube-bad-object', `the API server sent no ${resource.kind} but ${typeof value}`);
  return resource.parse({ ...value, apiVersion: apiVersionOf(resource), kind: resource.kind });
}
