import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { keyTypeOf } from '../pki/key.ts';
import { malformed, Refusal } from './problem.ts';

export type SignatureAlgorithm = 'ES256' | 'ES384' | 'RS256';
export const SIGNATURE_ALGORITHMS: readonly SignatureAlgorithm[] = ['ES256', 'ES384', 'RS256'];

/** An account's public key. `thumbprint` by RFC 7638, base64url: what key authorizations are made of. */
export interface AccountKey {
  readonly key: KeyObject;
  readonly thumbprint: string;
  readonly algorithm: SignatureAlgorithm;
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'];

/** A public key from a JWK. @throws Refusal malformed, or badPublicKey for a kind or size that is not taken */
export function parseJwk(jwk: unknown): AccountKey {
  if (typeof jwk !== 'object' || jwk === null) throw malformed('the "jwk" in the protected header is not an object');
  const members = jwk as Record<string, unknown>;
  if (PRIVATE_MEMBERS.some((name) => name in members)) {
    throw malformed('the "jwk" in the protected header holds private members; send the public key only');
  }
  let key: KeyObject;
  try {
    key = createPublicKey({ key: members, format: 'jwk' });
  } catch {
    throw malformed('the "jwk" in the protected header is no public key');
  }
  return { key, thumbprint: thumbprint(key), algorithm: algorithmOf(key) };
}

function algorithmOf(key: KeyObject): SignatureAlgorithm {
  const type = keyTypeOf(key);
  if (type === undefined) {
    const detail = 'account keys may be P-256, P-384 or RSA with 2048, 3072 or 4096 bits';
    throw new Refusal({ type: 'badPublicKey', detail, status: 400 });
  }
  if (type === 'P-256') return 'ES256';
  return type === 'P-384' ? 'ES384' : 'RS256';
}

/** RFC 7638: the required members in alphabetical order, no spaces; from the key itself, so that a padded JWK cannot have another. */
function thumbprint(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' });
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
