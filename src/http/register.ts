import type { Bcrypt } from '../acmedns/bcrypt.ts';
import type { ChallengeZone } from '../acmedns/challenge-zone.ts';
import { DomainError } from '../core/error.ts';
import { readRegisterBody } from './account-body.ts';
import { type Handler, refusal, success } from './call.ts';
import { type CallLimits, tooMany } from './call-limits.ts';
import { createCheckRegistration, type RegistrationRule } from './registration-rule.ts';

/** POST /register. */
export function createRegister(
  zone: Pick<ChallengeZone, 'register'>,
  rule: RegistrationRule,
  limits: CallLimits,
  bcrypt: Pick<Bcrypt, 'compare'>,
): Handler {
  const check = createCheckRegistration(rule, limits, bcrypt);
  return async (call) => {
    const refused = await check(call);
    if (refused !== undefined) return refused;
    const body = readRegisterBody(call.body);
    if (body.kind === 'malformed') return refusal(400, 'malformed_json_payload');
    const wait = limits.registrations.take(call.source.subscriber);
    if (wait !== undefined) return tooMany('registrations', wait);
    try {
      const account = await zone.register(body.entries);
      return success(201, JSON.stringify(account), { username: account.username, subdomain: account.subdomain });
    } catch (error) {
      if (isInvalidAllowFrom(error)) return refusal(400, 'invalid_allowfrom_cidr');
      throw error;
    }
  };
}

export function isInvalidAllowFrom(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'invalid-allow-from';
}
