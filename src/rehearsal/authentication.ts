import { parseJwk } from './account-key.ts';
import type { CaContext } from './context.ts';
import type { AccountRequest, KeyRequest, OpenRequest, SignedRequest } from './exchange.ts';
import { asObject, checkAlgorithm, parseJson, parseJws, verifySignature } from './jws-verification.ts';
import type { ParsedJws } from './jws-verification.ts';
import { malformed, Refusal, unauthorized } from './problem.ts';
import type { Account } from './state.ts';

/** Which key may sign: the account's by `kid`, a new one by `jwk`, or (revokeCert) either. */
export type Access = 'account' | 'key' | 'either';

/** All that RFC 8555 section 6 asks of a signed request, in one place. @throws Refusal */
export function authenticate(
  ca: CaContext,
  request: OpenRequest,
  body: Buffer,
  access: Access,
): AccountRequest | KeyRequest {
  const jws = parseJws(parseJson(body, 'the request body'));
  checkAlgorithm(jws.header.alg);
  if (jws.header.url !== request.url.href) {
    throw unauthorized(`the JWS is for the URL "${jws.header.url ?? ''}", and was sent to "${request.url.href}"`);
  }
  const signed = jws.header.kid === undefined ? byKey(request, jws, access) : byAccount(ca, request, jws, access);
  // Last, so that a nonce is spent only by a request that is good in all else.
  if (jws.header.nonce === undefined || !ca.nonces.redeem(jws.header.nonce)) {
    const detail =
      jws.header.nonce === undefined ? 'the JWS has no nonce' : 'the nonce of the JWS is not known, or was used before';
    throw new Refusal({ type: 'badNonce', detail, status: 400 });
  }
  return signed;
}

function byKey(request: OpenRequest, jws: ParsedJws, access: Access): KeyRequest {
  if (access === 'account') throw malformed('this request must name its account by "kid", not carry a "jwk"');
  const key = parseJwk(jws.header.jwk);
  verifySignature(jws, key);
  return { ...signedRequest(request, jws), key };
}

function byAccount(ca: CaContext, request: OpenRequest, jws: ParsedJws, access: Access): AccountRequest {
  if (access === 'key') throw malformed('this request must carry its key as "jwk", not name an account by "kid"');
  const account = findAccount(ca, jws.header.kid ?? '');
  verifySignature(jws, account.key);
  if (account.status !== 'valid') throw unauthorized(`the account is ${account.status}`);
  return { ...signedRequest(request, jws), account };
}

function findAccount(ca: CaContext, kid: string): Account {
  const prefix = `${ca.base}/account/`;
  if (!kid.startsWith(prefix)) throw malformed(`"kid" must be an account URL of this CA, "${prefix}..."`);
  const account = ca.state.accounts.get(kid.slice(prefix.length));
  if (account === undefined) {
    throw new Refusal({ type: 'accountDoesNotExist', detail: `there is no account "${kid}"`, status: 400 });
  }
  return account;
}

function signedRequest(request: OpenRequest, jws: ParsedJws): SignedRequest {
  if (jws.payload.length === 0) return { ...request, jws, payload: undefined };
  return {
    ...request,
    jws,
    payload: asObject(parseJson(jws.payload, 'the payload'), 'the payload is not a JSON object'),
  };
}
