import type { KeyObject } from 'node:crypto';

/** Whether two keys, each private or public, are the same pair. */
export function samePublicKey(one: KeyObject, other: KeyObject): boolean {
  throw new Error(`not yet ${String(one)} ${String(other)}`);
}

/** SHA-256 of the SubjectPublicKeyInfo, lower-case hex; of a private key its public half. */
export function publicKeyFingerprint(key: KeyObject): string {
  throw new Error(`not yet ${String(key)}`);
}
