import type { ChallengeZone, Registration } from '../acmedns/challenge-zone.ts';
import type { Account } from '../acmedns/ports.ts';
import { isTxtValue } from '../acmedns/wire-shapes.ts';
import { type OwnerBody, readOwnerBody } from './account-body.ts';
import { type Answer, type Call, type CallSubject, type Handler, refusal, success } from './call.ts';
import { type CallLimits, forbidden } from './call-limits.ts';
import { headerCredentials, subjectOf } from './credentials.ts';
import { isInvalidAllowFrom } from './register.ts';

/** What the owner of an account can do beside /update, in the shapes that acme-dns-client-2 has for it. */
export interface OwnerCalls {
  /** POST /clean {subdomain, txt}: takes one value away. */
  readonly clean: Handler;
  /** POST /change {subdomain, allowfrom}: another allow list; without one it stays. Answers with the whole account. */
  readonly change: Handler;
  /** POST /rotate {subdomain}: a new password. Answers with the whole account. */
  readonly rotate: Handler;
  /** POST /deregister {subdomain}: the account, its name and its values are gone. */
  readonly deregister: Handler;
}

type OwnersZone = Pick<
  ChallengeZone,
  'authenticate' | 'nameOf' | 'removeValue' | 'removeAccount' | 'changeAllowFrom' | 'rotateKey'
>;

export function createOwnerCalls(zone: OwnersZone, limits: CallLimits): OwnerCalls {
  /** Authenticated as /update is; then `act`. What it does not find any more somebody else has just taken away. */
  function owned(act: (account: Account, body: OwnerBody, call: Call) => Promise<Answer | undefined>): Handler {
    return async (call) => {
      const credentials = headerCredentials(call);
      const account = await zone.authenticate(credentials);
      const body = readOwnerBody(call.body);
      const answer =
        account === undefined || account.subdomain !== body.subdomain ? undefined : await act(account, body, call);
      return answer ?? forbidden(call, limits, subjectOf(credentials));
    };
  }

  return {
    clean: owned(async (account, { txt }) => {
      if (!isTxtValue(txt)) return refusal(400, 'bad_txt', { about: aboutOf(account) });
      await zone.removeValue(account.subdomain, txt);
      return success(200, `{"txt": "${txt}"}`, aboutOf(account));
    }),
    change: owned(async (account, { allowFrom }, call) => {
      if (allowFrom === 'malformed') return refusal(400, 'malformed_json_payload', { about: aboutOf(account) });
      try {
        const now = allowFrom === undefined ? account : await zone.changeAllowFrom(account.username, allowFrom);
        return now && whole(registrationOf(now, headerCredentials(call).key));
      } catch (error) {
        if (isInvalidAllowFrom(error)) return refusal(400, 'invalid_allowfrom_cidr', { about: aboutOf(account) });
        throw error;
      }
    }),
    rotate: owned(async (account) => {
      const now = await zone.rotateKey(account.username);
      return now && whole(now);
    }),
    deregister: owned(async (account) => {
      const removed = await zone.removeAccount(account.username);
      return removed ? success(200, JSON.stringify({ subdomain: account.subdomain }), aboutOf(account)) : undefined;
    }),
  };

  /** The key is the one that the call came with: we have none. */
  function registrationOf({ username, subdomain, allowFrom }: Account, password: string): Registration {
    return { username, password, fulldomain: zone.nameOf(subdomain), subdomain, allowfrom: allowFrom };
  }
}

function whole(account: Registration): Answer {
  return success(200, JSON.stringify(account), aboutOf(account));
}

function aboutOf({ username, subdomain }: Pick<Account, 'username' | 'subdomain'>): CallSubject {
  return { username, subdomain };
}
