import { verify } from 'node:crypto';
import { SIGNATURE_ALGORITHMS } from './account-key.ts';
import type { AccountKey } from './account-key.ts';
import { malformed, Refusal } from './problem.ts';

/** The protected header (RFC 8555 section 6.2). `alg` is not judged yet; exactly one of `kid` and `jwk` is there. */
export interface JwsHeader {
  readonly alg: string;
  readonly nonce: string | undefined;
  readonly url: string | undefined;
  readonly kid: string | undefined;
  readonly jwk: unknown;
}

/** A JWS that is well formed; nothing in it is proven before `verifySignature`. */
export interface ParsedJws {
  readonly header: JwsHeader;
  readonly payload: Buffer;
  readonly signingInput: Buffer;
  readonly signature: Buffer;
}

const MEMBERS = ['protected', 'payload', 'signature'] as const;
const HEADER_MEMBERS = new Set(['alg', 'nonce', 'url', 'kid', 'jwk', 'typ']);

/** Flattened JSON serialization and nothing else: no unprotected header, no list of signatures. @throws Refusal malformed */
export function parseJws(body: unknown): ParsedJws {
  const members = asObject(body, 'the request body is not a JWS in flattened JSON serialization');
  for (const name of Object.keys(members)) {
    if (name === 'header')
      throw malformed('the JWS has an unprotected "header", which ACME forbids (RFC 8555 section 6.2)');
    if (name === 'signatures')
      throw malformed('the JWS has "signatures"; ACME takes exactly one signature, in flattened form');
  }
  const [encodedHeader, payload, signature] = MEMBERS.map((name) => {
    const value = members[name];
    if (typeof value !== 'string') throw malformed(`the JWS has no "${name}" string`);
    return value;
  }) as [string, string, string];
  const header = parseHeader(fromBase64url(encodedHeader, 'protected'));
  return {
    header,
    payload: fromBase64url(payload, 'payload'),
    signingInput: Buffer.from(`${encodedHeader}.${payload}`),
    signature: fromBase64url(signature, 'signature'),
  };
}

function parseHeader(bytes: Buffer): JwsHeader {
  const header = asObject(parseJson(bytes, 'the protected header'), 'the protected header is not a JSON object');
  const { alg, nonce, url, kid, jwk } = header;
  if ('crit' in header) throw malformed('the protected header has "crit" extensions, and this server knows none');
  if ('b64' in header || !Object.keys(header).every((name) => HEADER_MEMBERS.has(name))) {
    throw malformed(`the protected header may have only ${[...HEADER_MEMBERS].join(', ')}`);
  }
  if (typeof alg !== 'string') throw malformed('the protected header has no "alg"');
  if (kid !== undefined && typeof kid !== 'string') throw malformed('"kid" in the protected header is not a string');
  if (nonce !== undefined && typeof nonce !== 'string')
    throw malformed('"nonce" in the protected header is not a string');
  if (url !== undefined && typeof url !== 'string') throw malformed('"url" in the protected header is not a string');
  if ((kid === undefined) === (jwk === undefined)) {
    throw malformed('the protected header must have either "jwk" or "kid", and not both (RFC 8555 section 6.2)');
  }
  return { alg, nonce, url, kid, jwk };
}

/** @throws Refusal badSignatureAlgorithm with the list of what is taken (RFC 8555 section 6.2) */
export function checkAlgorithm(alg: string): void {
  if (SIGNATURE_ALGORITHMS.some((known) => known === alg)) return;
  throw new Refusal({
    type: 'badSignatureAlgorithm',
    detail: `the JWS is signed with "${alg}"; this server takes ${SIGNATURE_ALGORITHMS.join(', ')}`,
    status: 400,
    algorithms: SIGNATURE_ALGORITHMS,
  });
}

/** @throws Refusal malformed when `alg` does not fit the key or the signature is not the key's */
export function verifySignature(jws: ParsedJws, key: AccountKey): void {
  if (jws.header.alg !== key.algorithm) {
    throw malformed(`the JWS says "${jws.header.alg}", but its key signs with ${key.algorithm}`);
  }
  const hash = key.algorithm === 'ES384' ? 'sha384' : 'sha256';
  if (!verify(hash, jws.signingInput, { key: key.key, dsaEncoding: 'ieee-p1363' }, jws.signature)) {
    throw malformed('the signature of the JWS is wrong');
  }
}

export function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw malformed(`${what} is not JSON`);
  }
}

export function asObject(value: unknown, complaint: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(complaint);
  return value as Record<string, unknown>;
}

/** RFC 7515 section 2: no padding, no line breaks, and no other text that stands for the same bytes. */
export function fromBase64url(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw malformed(`"${what}" is not base64url without padding`);
  return bytes;
}
