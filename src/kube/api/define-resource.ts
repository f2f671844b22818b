import type { z } from 'zod';
import { KubeError } from './kube-error.ts';
import { keyOf } from './object.ts';
import type { KubeObject } from './object.ts';
import { objectSchema } from './object-schema.ts';
import type { Resource } from './resource.ts';

export type ResourcePlace = Omit<Resource, 'parse' | 'metadataOnly'>;

/** A resource whose objects are parsed by a zod schema, best made with `objectSchema.extend`. */
export function defineResource<T extends KubeObject>(place: ResourcePlace, schema: z.ZodType<T>): Resource<T> {
  return { ...place, parse: (value) => parseObject(place, schema, value) };
}

/** The same objects without spec, status and data: little to send and little to keep. */
export function metadataOf(resource: Resource): Resource {
  const { group, version, plural, kind, namespaced } = resource;
  return { ...defineResource({ group, version, plural, kind, namespaced }, objectSchema), metadataOnly: true };
}

function parseObject<T extends KubeObject>(place: ResourcePlace, schema: z.ZodType<T>, value: unknown): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const { path = [], message = '' } = error.issues[0] ?? {};
  // Only the place and the rule are named, never the value: it may be secret.
  throw new KubeError(
    'kube-bad-object',
    `${place.kind} ${nameIn(value)} cannot be read: ${path.join('.') || 'the object'}: ${message}`,
    { retry: { kind: 'never' } },
  );
}

function nameIn(value: unknown): string {
  const { data } = objectSchema.safeParse(value);
  return data === undefined ? 'without usable metadata' : keyOf(data);
}
