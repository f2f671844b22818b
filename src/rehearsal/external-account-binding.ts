import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseJwk } from './account-key.ts';
import type { CaContext } from './context.ts';
import type { KeyRequest } from './exchange.ts';
import { parseJson, parseJws } from './jws-verification.ts';
import { malformed, Refusal, unauthorized } from './problem.ts';

const HASH: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/** RFC 8555 section 7.3.4. Without keys in the policy a binding is neither asked for nor looked at. @throws Refusal */
export function checkExternalAccountBinding(ca: CaContext, binding: unknown, request: KeyRequest): void {
  const keys = ca.policy.externalAccounts;
  if (Object.keys(keys).length === 0) return;
  if (binding === undefined) {
    const detail =
      'this CA takes only accounts with an external account binding; ask its operator for a key id and a MAC key';
    throw new Refusal({ type: 'externalAccountRequired', detail, status: 403 });
  }
  const jws = parseJws(binding);
  const { alg, kid, nonce, url } = jws.header;
  const hash = Object.hasOwn(HASH, alg) ? HASH[alg] : undefined;
  if (hash === undefined)
    throw malformed(`the external account binding is signed with "${alg}"; use ${Object.keys(HASH).join(', ')}`);
  if (nonce !== undefined) throw malformed('the external account binding must not have a nonce');
  if (url !== request.url.href) throw malformed('"url" of the external account binding is not that of the request');
  if (kid === undefined) throw malformed('the external account binding has no "kid"');
  const key = Object.hasOwn(keys, kid) ? keys[kid] : undefined;
  if (key === undefined) throw unauthorized('the key id of the external account binding is not known');
  const expected = createHmac(hash, Buffer.from(key, 'base64url')).update(jws.signingInput).digest();
  if (jws.signature.length !== expected.length || !timingSafeEqual(jws.signature, expected)) {
    throw unauthorized('the MAC of the external account binding is wrong');
  }
  if (parseJwk(parseJson(jws.payload, 'the external account binding')).thumbprint !== request.key.thumbprint) {
    throw malformed('the external account binding is for another account key');
  }
}
