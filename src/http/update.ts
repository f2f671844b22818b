import type { ChallengeZone } from '../acmedns/challenge-zone.ts';
import { assertNever } from '../core/assert-never.ts';
import { readUpdateBody } from './account-body.ts';
import { type Answer, type Call, type Handler, refusal, success } from './call.ts';
import { type CallLimits, forbidden } from './call-limits.ts';
import { type GivenCredentials, headerCredentials, subjectOf } from './credentials.ts';

/** POST /update. */
export function createUpdate(zone: Pick<ChallengeZone, 'update'>, limits: CallLimits): Handler {
  const putValue = createPutValue(zone, limits);
  return (call) => putValue(call, headerCredentials(call), readUpdateBody(call.body));
}

/** Puts a value at the label of an account. The checks are in the order of acme-dns: user, key, source, label, value. */
export type PutValue = (
  call: Call,
  credentials: GivenCredentials,
  value: { readonly subdomain: string; readonly txt: string },
) => Promise<Answer>;

export function createPutValue(zone: Pick<ChallengeZone, 'update'>, limits: CallLimits): PutValue {
  return async (call, credentials, { subdomain, txt }) => {
    const outcome = await zone.update({ ...credentials, subdomain, txt });
    const about = subjectOf(credentials);
    switch (outcome.kind) {
      case 'updated':
        return success(200, `{"txt": "${outcome.txt}"}`, { ...about, subdomain });
      case 'forbidden':
        return forbidden(call, limits, about);
      case 'bad-subdomain':
        return refusal(400, 'bad_subdomain', { about });
      case 'bad-txt':
        return refusal(400, 'bad_txt', { about });
      default:
        return assertNever(outcome);
    }
  };
}
