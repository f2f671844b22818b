import { parseJwk } from './account-key.ts';
import { accountUrl, findAccountByKey } from './accounts.ts';
import type { CaContext } from './context.ts';
import { jsonAnswer, requirePayload } from './exchange.ts';
import type { AccountRequest, Answer } from './exchange.ts';
import { asObject, checkAlgorithm, parseJson, parseJws, verifySignature } from './jws-verification.ts';
import { malformed, Refusal } from './problem.ts';

/** RFC 8555 section 7.3.5: an outer JWS by the old key around an inner one by the new key. */
export function changeKey(ca: CaContext, request: AccountRequest): Answer {
  const { account } = request;
  const url = accountUrl(ca, account);
  const inner = parseJws(requirePayload(request));
  checkAlgorithm(inner.header.alg);
  if (inner.header.jwk === undefined) throw malformed('the inner JWS must carry the new key as "jwk"');
  if (inner.header.nonce !== undefined) throw malformed('the inner JWS must not have a nonce');
  if (inner.header.url !== request.jws.header.url) throw malformed('the inner and the outer JWS have different URLs');
  const newKey = parseJwk(inner.header.jwk);
  verifySignature(inner, newKey);
  const content = asObject(parseJson(inner.payload, 'the inner payload'), 'the inner payload is not an object');
  if (content['account'] !== url) throw malformed('"account" in the inner payload is not the account that signed');
  if (parseJwk(content['oldKey']).thumbprint !== account.key.thumbprint) {
    throw malformed('"oldKey" in the inner payload is not the key of the account');
  }
  const holder = findAccountByKey(ca, newKey.thumbprint);
  if (holder !== undefined) {
    const problem = { type: 'malformed', detail: 'the new key is already the key of an account', status: 409 } as const;
    throw new Refusal(problem, { location: accountUrl(ca, holder) });
  }
  account.key = newKey;
  return jsonAnswer({ status: account.status, contact: account.contact, orders: `${url}/orders` });
}
