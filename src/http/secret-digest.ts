import { hash, timingSafeEqual } from 'node:crypto';

/**
 * What is kept of a secret that callers have to know: its SHA-256. Two of them are compared in constant time, whatever the
 * lengths of the secrets were.
 */
export type SecretDigest = Uint8Array;

export function digestOf(secret: string): SecretDigest {
  return hash('sha256', secret, 'buffer');
}

/** Of a secret as a configuration has it: in clear, or as `sha256:` and its digest in hexadecimal. */
export function digestOfConfigured(secret: string): SecretDigest {
  const [, digest] = /^sha256:([0-9a-f]{64})$/i.exec(secret) ?? [];
  return digest === undefined ? digestOf(secret) : Buffer.from(digest, 'hex');
}

/** Whether `secret` is one of these. All are looked at, so that the time does not tell which. */
export function isOneOf(secret: string, digests: readonly SecretDigest[]): boolean {
  const given = digestOf(secret);
  let found = false;
  for (const digest of digests) found = timingSafeEqual(given, digest) || found;
  return found;
}
