import { randomBytes, randomInt } from 'node:crypto';
import { baseName } from '../core/domain-name.ts';
import type { CertificateName } from '../core/domain-name.ts';
import { challengeJson } from './challenge-json.ts';
import type { CaContext } from './context.ts';
import { jsonAnswer, ownedBy } from './exchange.ts';
import type { AccountRequest, Answer } from './exchange.ts';
import { malformed } from './problem.ts';
import { retryAfterHeader } from './retry-after.ts';
import type { Account, Authorization, Challenge } from './state.ts';

/** A fresh authorization for a name, or by the policy one that is still valid (RFC 8555 section 7.1.4). */
export function createAuthorization(ca: CaContext, account: Account, certificateName: CertificateName): Authorization {
  const name = baseName(certificateName);
  const wildcard = certificateName.startsWith('*.');
  if (ca.policy.reuseAuthorizations) {
    const valid = findValid(ca, account, certificateName);
    if (valid !== undefined) return valid;
  }
  const challenges: Challenge[] = [newChallenge('dns-01'), newChallenge('dns-persist-01')];
  // In any order: clients must choose by type, not by position.
  if (randomInt(2) === 0) challenges.reverse();
  const expires = ca.clock.now() + ca.policy.orderLifetime;
  const id = randomBytes(8).toString('base64url');
  const authorization: Authorization = { id, account, name, wildcard, challenges, status: 'pending', expires };
  ca.state.authorizations.set(id, authorization);
  for (const challenge of challenges) ca.state.challenges.set(challenge.id, { challenge, authorization });
  return authorization;
}

/** A valid authorization of the account that covers exactly this name. */
export function findValid(
  ca: CaContext,
  account: Account,
  certificateName: CertificateName,
): Authorization | undefined {
  const name = baseName(certificateName);
  const wildcard = certificateName.startsWith('*.');
  return ca.state.authorizations
    .values()
    .find(
      (found) =>
        found.account === account &&
        found.name === name &&
        found.wildcard === wildcard &&
        refreshAuthorization(ca, found).status === 'valid',
    );
}

/** RFC 8555 sections 7.5 (read) and 7.5.2 (deactivate). */
export function updateAuthorization(ca: CaContext, request: AccountRequest): Answer {
  const authorization = ownedBy(request.account, ca.state.authorizations.get(request.id), 'authorization');
  const fault = request.faults.get('authorization-status');
  if (fault !== undefined) authorization.status = fault.status;
  if (request.payload !== undefined) {
    const { status, ...rest } = request.payload;
    if (status !== 'deactivated' || Object.keys(rest).length > 0) {
      throw malformed('the only change of an authorization is {"status":"deactivated"}; POST-as-GET reads it');
    }
    if (authorization.status === 'pending' || authorization.status === 'valid') authorization.status = 'deactivated';
  }
  return authorizationAnswer(ca, authorization, request.faults.get('extra-challenges')?.challenges ?? []);
}

export function refreshAuthorization(ca: CaContext, authorization: Authorization): Authorization {
  const live = authorization.status === 'pending' || authorization.status === 'valid';
  if (live && ca.clock.now() >= authorization.expires) authorization.status = 'expired';
  return authorization;
}

export function authorizationUrl(ca: CaContext, authorization: Authorization): string {
  return `${ca.base}/authorization/${authorization.id}`;
}

function authorizationAnswer(ca: CaContext, authorization: Authorization, extra: readonly unknown[]): Answer {
  const { challenges, expires, name, status, wildcard } = refreshAuthorization(ca, authorization);
  // Once valid only the challenge that was used is shown (RFC 8555 section 7.1.4).
  const shown = status === 'valid' ? challenges.filter((challenge) => challenge.status === 'valid') : challenges;
  const json = {
    status,
    expires: new Date(expires).toISOString(),
    identifier: { type: 'dns', value: name },
    challenges: [...extra, ...shown.map((challenge) => challengeJson(ca, challenge))],
    ...(wildcard ? { wildcard } : {}),
  };
  return jsonAnswer(json, { headers: status === 'pending' ? retryAfterHeader(ca) : {} });
}

function newChallenge(type: Challenge['type']): Challenge {
  const token = type === 'dns-01' ? randomBytes(32).toString('base64url') : undefined;
  return { id: randomBytes(8).toString('base64url'), type, token, status: 'pending' };
}
