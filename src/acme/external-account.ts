import { createHmac } from 'node:crypto';
import { encodeParts } from './jws.ts';
import type { FlattenedJws, Jwk } from './jws.ts';
import { AcmeError } from './problem.ts';

/** What a CA's website gives to tie an ACME account to a customer (RFC 8555 section 7.3.4). */
export interface ExternalAccountBinding {
  readonly keyId: string;
  /** base64url, or base64; with or without padding. Secret. */
  readonly hmacKey: string;
  /** HS256 unless told. */
  readonly algorithm?: 'HS256' | 'HS384' | 'HS512' | undefined;
}

const HASH = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const;

/** Reads the key and looks at the rest, so that a typing error costs no request. @throws AcmeError `acme-invalid-external-account` */
export function decodeHmacKey(binding: ExternalAccountBinding): Uint8Array {
  const { keyId, hmacKey, algorithm = 'HS256' } = binding;
  if (keyId.trim() === '') throw invalid('the key identifier is empty');
  if (!Object.hasOwn(HASH, algorithm)) throw invalid('the algorithm must be HS256, HS384 or HS512');
  const text = hmacKey.replaceAll(/\s+/g, '').replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
  if (text === '') throw invalid('the HMAC key is empty');
  // A rest of one character cannot come from whole bytes.
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) {
    throw invalid('the HMAC key is not base64; copy it as a whole, without quotes');
  }
  return Buffer.from(text, 'base64url');
}

/** The inner JWS: the account's public key, signed with the key the CA gave. `url` is that of newAccount. */
export function bindExternalAccount(binding: ExternalAccountBinding, jwk: Jwk, url: string): FlattenedJws {
  const key = decodeHmacKey(binding);
  const algorithm = binding.algorithm ?? 'HS256';
  const parts = encodeParts({ alg: algorithm, kid: binding.keyId.trim(), url }, jwk);
  const signature = createHmac(HASH[algorithm], key).update(`${parts.protected}.${parts.payload}`).digest('base64url');
  return { ...parts, signature };
}

function invalid(why: string): AcmeError {
  return new AcmeError('acme-invalid-external-account', `the external account cannot be used: ${why}`, {
    retry: { kind: 'never' },
  });
}
