import type { KeyObject, webcrypto } from 'node:crypto';
import type * as x509 from '@peculiar/x509';
import { DomainError } from '../core/error.ts';
import { keyTypeOf } from './key.ts';

export type X509Library = typeof x509;

/** The library that writes CSRs and certificates, loaded when first needed: a program that only serves DNS never pays for it. */
export async function loadX509(): Promise<X509Library> {
  // The library reads decorator metadata while it is being loaded, so the polyfill has to be there before.
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** How a key signs X.509 structures: ECDSA with the curve's hash, RSA PKCS#1 v1.5 with SHA-256; public CAs take no others. */
export interface SigningKey {
  readonly algorithm: { name: string; hash: string; namedCurve?: string };
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
}

/** @throws DomainError `invalid-key` for other keys than ours */
export function toSigningKey(privateKey: KeyObject, publicKey: KeyObject): SigningKey {
  const algorithm = signingAlgorithm(privateKey);
  return {
    algorithm,
    privateKey: privateKey.toCryptoKey(algorithm, true, ['sign']),
    publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
  };
}

export function signingAlgorithm(key: KeyObject): SigningKey['algorithm'] {
  const type = keyTypeOf(key);
  if (type === undefined) {
    throw new DomainError(
      'invalid-key',
      'the key is none that public CAs accept; use P-256, P-384 or RSA with 2048, 3072 or 4096 bits',
    );
  }
  if (type === 'P-256') return { name: 'ECDSA', namedCurve: type, hash: 'SHA-256' };
  if (type === 'P-384') return { name: 'ECDSA', namedCurve: type, hash: 'SHA-384' };
  return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
}
