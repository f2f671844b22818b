import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Whether two keys, each private or public, are the same pair. */
export function samePublicKey(one: KeyObject, other: KeyObject): boolean {
  // Comparing keys of different kinds leaves an error behind in OpenSSL, and Node then says that the next private key cannot be read.
  return one.asymmetricKeyType === other.asymmetricKeyType && publicHalf(one).equals(publicHalf(other));
}

/** SHA-256 of the SubjectPublicKeyInfo, lower-case hex; of a private key its public half. */
export function publicKeyFingerprint(key: KeyObject): string {
  return createHash('sha256').update(subjectPublicKeyInfo(key)).digest('hex');
}

/** The SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) of a key or of its public half, DER. */
export function subjectPublicKeyInfo(key: KeyObject): Uint8Array {
  return publicHalf(key).export({ type: 'spki', format: 'der' });
}

const halves = new WeakMap<KeyObject, KeyObject>();

export function publicHalf(key: KeyObject): KeyObject {
  if (key.type !== 'private') return key;
  const known = halves.get(key);
  if (known !== undefined) return known;
  const half = createPublicKey(key);
  halves.set(key, half);
  return half;
}
