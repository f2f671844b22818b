import type { KeyObject } from 'node:crypto';
import type { KeyType } from './key.ts';

/**
 * Which key pair a Certificate asks for. `size` is bits for RSA (2048 to 8192; 2048 when absent) and the curve for ECDSA (256, 384
 * or 521; 256 when absent).
 */
export type KeySpec =
  | { readonly algorithm: 'RSA'; readonly size?: number | undefined }
  | { readonly algorithm: 'ECDSA'; readonly size?: number | undefined }
  | { readonly algorithm: 'Ed25519'; readonly size?: undefined };

export const RSA_SIZES = { smallest: 2048, largest: 8192 } as const;
export const ECDSA_SIZES: readonly number[] = [256, 384, 521];

const CURVE_SIZES: Readonly<Record<string, number>> = { prime256v1: 256, secp384r1: 384, secp521r1: 521 };

/** Why no key can be made as `spec` says, as a sentence for a person; undefined when one can. */
export function keySpecFault({ algorithm, size }: KeySpec): string | undefined {
  if (algorithm === 'Ed25519' || size === undefined) return undefined;
  if (algorithm === 'ECDSA') {
    return ECDSA_SIZES.includes(size) ? undefined : `an ECDSA key has 256, 384 or 521 bits, not ${size}`;
  }
  const { smallest, largest } = RSA_SIZES;
  if (Number.isInteger(size) && size >= smallest && size <= largest) return undefined;
  return `an RSA key has ${smallest} to ${largest} bits here, not ${size}`;
}

/** The fields of `spec.privateKey` in which an existing key differs, in cert-manager's words; empty when it fits. */
export function keyDifferences(spec: KeySpec, key: KeyObject): string[] {
  const found = keySpecOf(key);
  if (found?.algorithm !== spec.algorithm) return ['spec.privateKey.algorithm'];
  return found.size === sizeOf(spec) ? [] : ['spec.privateKey.size'];
}

/** Why `key` is not what `spec` asks for, as a sentence for a person; undefined when it is. */
export function keyMatches(spec: KeySpec, key: KeyObject): string | undefined {
  if (keyDifferences(spec, key).length === 0) return undefined;
  const found = keySpecOf(key);
  return `the key is ${found === undefined ? 'of a kind that is not supported' : named(found)}, and ${named(spec)} is asked for`;
}

/** The spec of a key that exists (private or public); undefined for kinds that no Certificate can ask for. */
export function keySpecOf(key: KeyObject): KeySpec | undefined {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'ed25519') return { algorithm: 'Ed25519' };
  if (key.asymmetricKeyType === 'rsa') return { algorithm: 'RSA', size: details?.modulusLength };
  const size = key.asymmetricKeyType === 'ec' ? CURVE_SIZES[details?.namedCurve ?? ''] : undefined;
  return size === undefined ? undefined : { algorithm: 'ECDSA', size };
}

/** The spec that one of the fixed names stands for. */
export function keySpecOfType(type: KeyType): KeySpec {
  const [algorithm, size] = type.split('-');
  return { algorithm: algorithm === 'RSA' ? 'RSA' : 'ECDSA', size: Number(size) };
}

function sizeOf(spec: KeySpec): number | undefined {
  if (spec.algorithm === 'RSA') return spec.size ?? RSA_SIZES.smallest;
  return spec.algorithm === 'ECDSA' ? (spec.size ?? ECDSA_SIZES[0]) : undefined;
}

function named(spec: KeySpec): string {
  const size = sizeOf(spec);
  return size === undefined ? spec.algorithm : `${spec.algorithm} with ${size} bits`;
}
