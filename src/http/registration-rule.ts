import type { Bcrypt } from '../acmedns/bcrypt.ts';
import { assertNever } from '../core/assert-never.ts';
import { BASIC_CHALLENGE, type BasicCredentials, basicCredentials, bearerToken } from './authorization.ts';
import { type Answer, type Call, explainedRefusal } from './call.ts';
import { type CallLimits, tryGuess } from './call-limits.ts';
import { createInNetworks } from './networks.ts';
import { isOneOf, type SecretDigest } from './secret-digest.ts';
import { type CheckPassword, createCheckPassword, type UserPasswords } from './user-passwords.ts';

/** Who may register. */
export type RegistrationRule =
  | { readonly kind: 'open' }
  /** The path is as unknown as any. */
  | { readonly kind: 'closed' }
  /** All that is given has to be fulfilled; of tokens and users one is enough. */
  | {
      readonly kind: 'restricted';
      /** Who comes from one of these networks; none: from anywhere. */
      readonly networks: readonly string[];
      readonly tokens: readonly SecretDigest[];
      readonly users: UserPasswords;
    };

/** What is wrong with a registration; undefined when it may go on. */
export type CheckRegistration = (call: Call) => Promise<Answer | undefined>;

/** Header for clients that can send one, but no Authorization. */
export const TOKEN_HEADER = 'x-api-registration-token';

export function createCheckRegistration(
  rule: RegistrationRule,
  limits: CallLimits,
  bcrypt: Pick<Bcrypt, 'compare'>,
): CheckRegistration {
  switch (rule.kind) {
    case 'open':
    case 'closed':
      return async () => undefined;
    case 'restricted':
      return checkRestricted(rule, limits, createCheckPassword(rule.users, bcrypt));
    default:
      return assertNever(rule);
  }
}

function checkRestricted(
  { networks, tokens, users }: RegistrationRule & { kind: 'restricted' },
  limits: CallLimits,
  checkPassword: CheckPassword,
): CheckRegistration {
  const isIn = createInNetworks(networks);
  const needsSecret = tokens.length > 0 || users.size > 0;
  return async (call) => {
    const { address } = call.source;
    if (networks.length > 0 && (address === undefined || !isIn(address))) {
      const detail = `accounts cannot be registered from ${address ?? 'an unknown address'}; ask the operator of this server`;
      return explainedRefusal(403, 'registration_forbidden', detail);
    }
    if (!needsSecret) return undefined;
    const basic = basicCredentials(call.headers);
    const given = tokensIn(call, basic);
    if (given.length === 0) return unauthorized();
    const found = await tryGuess(call, limits, async () => {
      if (given.some((token) => isOneOf(token, tokens))) return true;
      return basic !== undefined && (await checkPassword(basic.user, basic.password));
    });
    if (found === 'right') return undefined;
    return found === 'wrong' ? unauthorized() : found;
  };
}

function unauthorized(): Answer {
  const detail = 'registration needs a token or a user with password that this server knows; ask its operator';
  return explainedRefusal(401, 'registration_unauthorized', detail, { headers: BASIC_CHALLENGE });
}

/**
 * A token may come in a header, before the path, or as the password of any user: nearly every client carries one of these
 * without knowing of tokens, since its base URL may have a path, or user and password.
 */
function tokensIn({ headers, token }: Call, basic: BasicCredentials | undefined): string[] {
  const given = [token, headers.get(TOKEN_HEADER), bearerToken(headers), basic?.password];
  return given.filter((one) => typeof one === 'string' && one !== '') as string[];
}
