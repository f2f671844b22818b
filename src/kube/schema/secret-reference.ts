import type { z } from 'zod';
import { listOf, optional, record, text } from './field.ts';

/** A Secret and a key in it. */
export function secretKey(description: string) {
  return record(description, {
    name: text('Name of the Secret.'),
    key: optional(text('Key in the Secret. Some uses have a default for it.')),
  });
}

export type SecretKey = z.infer<ReturnType<typeof secretKey>>;

/** A ServiceAccount that a token is asked for. */
export function serviceAccount(description: string) {
  return record(description, {
    name: text('Name of the ServiceAccount.'),
    audiences: optional(listOf('Audiences of the token, beside those that are always in it.', text('One audience.'))),
  });
}
