import { sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { DomainError } from '../core/error.ts';
import { derChildren, readDer } from './der.ts';
import type { DerElement } from './der.ts';
import { bitString, nothing, oid, sequence } from './der-writer.ts';
import { keySpecOf } from './key-spec.ts';
import type { KeySpec } from './key-spec.ts';
import { dottedOid } from './oid.ts';

interface Scheme {
  readonly algorithm: KeySpec['algorithm'];
  readonly oid: string;
  /** undefined: the scheme hashes by itself. */
  readonly hash: string | undefined;
}

/** `spec.signatureAlgorithm` in cert-manager's words, and what each is (RFC 4055, RFC 5758, RFC 8410). */
const SCHEMES = {
  SHA256WithRSA: { algorithm: 'RSA', oid: '1.2.840.113549.1.1.11', hash: 'sha256' },
  SHA384WithRSA: { algorithm: 'RSA', oid: '1.2.840.113549.1.1.12', hash: 'sha384' },
  SHA512WithRSA: { algorithm: 'RSA', oid: '1.2.840.113549.1.1.13', hash: 'sha512' },
  ECDSAWithSHA256: { algorithm: 'ECDSA', oid: '1.2.840.10045.4.3.2', hash: 'sha256' },
  ECDSAWithSHA384: { algorithm: 'ECDSA', oid: '1.2.840.10045.4.3.3', hash: 'sha384' },
  ECDSAWithSHA512: { algorithm: 'ECDSA', oid: '1.2.840.10045.4.3.4', hash: 'sha512' },
  PureEd25519: { algorithm: 'Ed25519', oid: '1.3.101.112', hash: undefined },
} as const satisfies Record<string, Scheme>;

export type SignatureAlgorithm = keyof typeof SCHEMES;

export const SIGNATURE_ALGORITHMS = Object.keys(SCHEMES) as readonly SignatureAlgorithm[];

const signAsync = promisify(sign);

/** How cert-manager signs a request: RSA with a hash that grows with the key. Undefined for keys that it has none for. */
export function requestSignature(key: KeyObject): SignatureAlgorithm | undefined {
  const spec = keySpecOf(key);
  if (spec?.algorithm === 'RSA') {
    const size = spec.size ?? 0;
    return size >= 4096 ? 'SHA512WithRSA' : size >= 3072 ? 'SHA384WithRSA' : 'SHA256WithRSA';
  }
  return spec === undefined ? undefined : withoutRsa(spec);
}

/** How a certificate is signed by an issuer's key, as Go chooses it. */
export function issuerSignature(key: KeyObject): SignatureAlgorithm | undefined {
  const spec = keySpecOf(key);
  if (spec?.algorithm === 'RSA') return 'SHA256WithRSA';
  return spec === undefined ? undefined : withoutRsa(spec);
}

function withoutRsa(spec: KeySpec): SignatureAlgorithm {
  if (spec.algorithm === 'Ed25519') return 'PureEd25519';
  if (spec.size === 521) return 'ECDSAWithSHA512';
  return spec.size === 384 ? 'ECDSAWithSHA384' : 'ECDSAWithSHA256';
}

/**
 * The signed form that certificates and requests share: what is signed, how, and the signature. Signing runs on another thread.
 * `body` gets the AlgorithmIdentifier, because a certificate repeats it inside.
 * @throws DomainError `invalid-key` when the key does not fit
 */
export async function signedStructure(
  body: (algorithm: Uint8Array) => Uint8Array,
  key: KeyObject,
  name: SignatureAlgorithm | undefined,
): Promise<Uint8Array> {
  const scheme = name && SCHEMES[name];
  if (scheme === undefined || keySpecOf(key)?.algorithm !== scheme.algorithm) {
    const how = name === undefined ? 'such a key cannot sign here' : `a key of its kind cannot sign with ${name}`;
    throw new DomainError('invalid-key', `${how}; use RSA, ECDSA (P-256, P-384, P-521) or Ed25519`);
  }
  // RSA has NULL for its parameters, the others have none (RFC 4055 section 5, RFC 5758 section 3.2, RFC 8410 section 3).
  const algorithm = sequence(oid(scheme.oid), ...(scheme.algorithm === 'RSA' ? [nothing()] : []));
  const content = body(algorithm);
  return sequence(content, algorithm, bitString(await signAsync(scheme.hash, content, key)));
}

/** A signature that was read, and what it is over. */
export interface Signature {
  readonly content: Uint8Array;
  /** OID of the algorithm. */
  readonly algorithm: string;
  readonly value: Uint8Array;
}

/** The signature of a signed structure. @throws RangeError */
export function readSignature(structure: DerElement): Signature {
  const [content, algorithm, signature] = derChildren(structure.content);
  if (content === undefined || algorithm === undefined || signature === undefined) {
    throw new RangeError('a signature is missing');
  }
  const identifier = dottedOid(readDer(algorithm.content).content);
  return { content: content.encoded, algorithm: identifier, value: signature.content.subarray(1) };
}

/** Whether it was made with the private half of `key`; false also for algorithms that are not known here. */
export function isSignedBy({ content, algorithm, value }: Signature, key: KeyObject): boolean {
  const scheme = Object.values(SCHEMES).find((known) => known.oid === algorithm);
  if (scheme === undefined || keySpecOf(key)?.algorithm !== scheme.algorithm) return false;
  try {
    return verify(scheme.hash, content, key, value);
  } catch {
    return false;
  }
}
