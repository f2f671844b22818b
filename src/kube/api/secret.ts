import { z } from 'zod';
import { defineResource } from './define-resource.ts';
import { objectSchema } from './object-schema.ts';

const secretSchema = objectSchema.extend({
  type: z.string().optional(),
  /** Base64, as it is sent. */
  data: z.record(z.string(), z.string()).optional(),
  immutable: z.boolean().optional(),
});

export type Secret = z.infer<typeof secretSchema>;

export const secrets = defineResource(
  { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true },
  secretSchema,
);

/** The bytes under one key; undefined when the key is not there. */
export function secretBytes(secret: Pick<Secret, 'data'>, key: string): Uint8Array | undefined {
  const text = secret.data?.[key];
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}

/** Text or bytes, as `data` of a Secret wants it. */
export function secretData(entries: Readonly<Record<string, string | Uint8Array>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).map(([key, value]) => [key, Buffer.from(value as Uint8Array).toString('base64')]),
  );
}
