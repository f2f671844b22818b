import type { KeyObject } from 'node:crypto';
import type { KeyType } from './key.ts';

/**
 * Which key pair a Certificate asks for. `size` is bits for RSA (2048 to 8192, any multiple of 8; 2048 when absent) and the curve for
 * ECDSA (256, 384 or 521; 256 when absent).
 */
export type KeySpec =
  | { readonly algorithm: 'RSA'; readonly size?: number | undefined }
  | { readonly algorithm: 'ECDSA'; readonly size?: number | undefined }
  | { readonly algorithm: 'Ed25519'; readonly size?: undefined };

/** Why `key` is not what `spec` asks for, as a sentence for a person; undefined when it is. */
export function keyMatches(spec: KeySpec, key: KeyObject): string | undefined {
  throw new Error(`not yet ${String(spec)} ${String(key)}`);
}

/** The spec of a key that exists (private or public); undefined for kinds that no Certificate can ask for. */
export function keySpecOf(key: KeyObject): KeySpec | undefined {
  throw new Error(`not yet ${String(key)}`);
}

/** The spec that one of the fixed names stands for. */
export function keySpecOfType(type: KeyType): KeySpec {
  throw new Error(`not yet ${type}`);
}
