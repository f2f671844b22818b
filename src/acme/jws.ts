import { createHash, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { parsePrivateKey } from '../pki/key.ts';
import { AcmeError } from './problem.ts';

export type Algorithm = 'ES256' | 'ES384' | 'RS256' | 'RS384' | 'RS512';
export type Jwk =
  | { readonly kty: 'EC'; readonly crv: string; readonly x: string; readonly y: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string };

/** A key that signs requests. The private half stays inside. */
export interface SigningKey {
  readonly jwk: Jwk;
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
  /** What this key can sign with, the usual one first. */
  readonly algorithms: readonly [Algorithm, ...Algorithm[]];
  sign(algorithm: Algorithm, data: Uint8Array): Promise<Uint8Array>;
}

/** Flattened JSON serialisation (RFC 7515 section 7.2.2), the only one ACME allows. */
export interface FlattenedJws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

const HASH: Record<Algorithm, string> = {
  ES256: 'sha256',
  ES384: 'sha384',
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512',
};
const signOnAnotherThread = promisify(sign);

/** @throws DomainError `invalid-key`, AcmeError `acme-unsupported-key` */
export function createSigningKey(privateKeyPem: string): SigningKey {
  const key = parsePrivateKey(privateKeyPem);
  const algorithms = algorithmsOf(key);
  const jwk = publicJwk(key);
  return {
    jwk,
    thumbprint: thumbprintOf(jwk),
    algorithms,
    async sign(algorithm, data) {
      // ACME wants r and s side by side, not in DER (RFC 7518 section 3.4).
      const how = { key, dsaEncoding: 'ieee-p1363' } as const;
      // An EC signature takes microseconds; an RSA one may take ten milliseconds, too long for the thread that does all else.
      return jwk.kty === 'EC'
        ? sign(HASH[algorithm], data, how)
        : await signOnAnotherThread(HASH[algorithm], data, how);
    },
  };
}

function algorithmsOf(key: KeyObject): readonly [Algorithm, ...Algorithm[]] {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1') return ['ES256'];
  if (key.asymmetricKeyType === 'ec' && details?.namedCurve === 'secp384r1') return ['ES384'];
  if (key.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return ['RS256', 'RS384', 'RS512'];
  throw new AcmeError(
    'acme-unsupported-key',
    'the account key is of a kind that ACME CAs do not accept; use an EC key (P-256 or P-384) or RSA with at least 2048 bits',
    { retry: { kind: 'never' } },
  );
}

function publicJwk(key: KeyObject): Jwk {
  const { kty, crv = '', x = '', y = '', n = '', e = '' } = createPublicKey(key).export({ format: 'jwk' });
  return kty === 'EC' ? { kty: 'EC', crv, x, y } : { kty: 'RSA', n, e };
}

/** RFC 7638: SHA-256 over the required members in lexicographic order. */
export function thumbprintOf(jwk: Jwk): string {
  const required =
    jwk.kty === 'EC' ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y } : { e: jwk.e, kty: jwk.kty, n: jwk.n };
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}

/** Signs `payload`; undefined is the empty payload of POST-as-GET (RFC 8555 section 6.3). */
export async function signJws(
  key: SigningKey,
  header: { readonly alg: Algorithm; readonly [member: string]: unknown },
  payload: object | undefined,
): Promise<FlattenedJws> {
  const parts = encodeParts(header, payload);
  const signature = await key.sign(header.alg, Buffer.from(`${parts.protected}.${parts.payload}`));
  return { ...parts, signature: Buffer.from(signature).toString('base64url') };
}

export function encodeParts(header: object, payload: object | undefined): { protected: string; payload: string } {
  return {
    protected: base64url(JSON.stringify(header)),
    payload: payload === undefined ? '' : base64url(JSON.stringify(payload)),
  };
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
