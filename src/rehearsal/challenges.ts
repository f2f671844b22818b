import { createHash } from 'node:crypto';
import { parseDomainName } from '../core/domain-name.ts';
import { authorizationUrl, refreshAuthorization } from './authorizations.ts';
import { challengeJson } from './challenge-json.ts';
import type { CaContext } from './context.ts';
import { validateDns01 } from './dns-validation.ts';
import { jsonAnswer, ownedBy } from './exchange.ts';
import type { AccountRequest, Answer } from './exchange.ts';
import { malformed } from './problem.ts';
import { retryAfterHeader } from './retry-after.ts';
import type { Account, Authorization, Challenge } from './state.ts';

/** RFC 8555 section 7.5.1: POST-as-GET reads; exactly `{}` says that the answer is in place, and validation begins. */
export function updateChallenge(ca: CaContext, request: AccountRequest): Answer {
  const entry = ca.state.challenges.get(request.id);
  const authorization = ownedBy(request.account, entry?.authorization, 'challenge');
  const { challenge } = entry as { challenge: Challenge };
  if (request.payload !== undefined) {
    if (Object.keys(request.payload).length > 0) throw malformed('the payload that accepts a challenge is exactly {}');
    accept(ca, authorization, challenge, request.account);
  }
  const headers = challenge.status === 'processing' ? retryAfterHeader(ca) : {};
  return jsonAnswer(challengeJson(ca, challenge), { headers, links: [['up', authorizationUrl(ca, authorization)]] });
}

function accept(ca: CaContext, authorization: Authorization, challenge: Challenge, account: Account): void {
  const { status } = refreshAuthorization(ca, authorization);
  // Accepting again while it is checked, or after it went well, changes nothing.
  if (challenge.status === 'processing' || challenge.status === 'valid') return;
  if (status !== 'pending') throw malformed(`the authorization is ${status}, and only a pending one can be answered`);
  if (challenge.token === undefined)
    throw malformed(`this CA offers ${challenge.type} but does not check it; choose dns-01`);
  const digest = createHash('sha256').update(`${challenge.token}.${account.key.thumbprint}`).digest('base64url');
  challenge.status = 'processing';
  ca.later(async (signal) => {
    const name = parseDomainName(`_acme-challenge.${authorization.name}`);
    const problem = await validateDns01({
      name,
      digest,
      resolver: ca.resolver,
      patience: ca.policy.lookupPatience,
      clock: ca.clock,
      signal,
    });
    settle(ca, authorization, challenge, problem);
  });
}

function settle(ca: CaContext, authorization: Authorization, challenge: Challenge, problem: Challenge['error']): void {
  const now = ca.clock.now();
  if (problem === undefined) {
    challenge.status = 'valid';
    challenge.validated = now;
    // Deactivated or expired meanwhile: it stays so.
    if (refreshAuthorization(ca, authorization).status !== 'pending') return;
    authorization.status = 'valid';
    authorization.expires = now + ca.policy.authorizationLifetime;
  } else {
    challenge.status = 'invalid';
    challenge.error = problem;
    if (refreshAuthorization(ca, authorization).status === 'pending') authorization.status = 'invalid';
  }
}
