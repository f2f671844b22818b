import { hash } from 'node:crypto';
import type { ChallengeZone } from '../acmedns/challenge-zone.ts';
import type { Account } from '../acmedns/ports.ts';
import { isTxtValue } from '../acmedns/wire-shapes.ts';
import { isWithin, parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';

import { BASIC_CHALLENGE } from './authorization.ts';
import { type Answer, type Call, explainedRefusal, type Handler, refusal, success } from './call.ts';
import { type CallLimits, forbidden } from './call-limits.ts';
import { accountInBasic, subjectOf } from './credentials.ts';
import { type HttpreqBody, readHttpreqBody } from './httpreq-body.ts';
import { createPutValue } from './update.ts';

type HttpreqZone = Pick<ChallengeZone, 'origin' | 'nameOf' | 'authenticate' | 'update' | 'removeValue'>;

/**
 * lego's provider `httpreq`, in both of its modes: POST /present and /cleanup with a name and a value, or with the key
 * authorization. User and password of Basic authentication are those of an account, and the value goes to its name, whatever
 * name of other zones is spoken of: that one has a CNAME to it.
 */
export function createHttpreq(zone: HttpreqZone, limits: CallLimits): { present: Handler; cleanup: Handler } {
  const putValue = createPutValue(zone, limits);

  function owned(act: (call: Call, account: Account, txt: string) => Promise<Answer>): Handler {
    return async (call) => {
      const credentials = accountInBasic(call);
      const account = await zone.authenticate(credentials);
      if (account === undefined) {
        const answer = forbidden(call, limits, subjectOf(credentials));
        return { ...answer, headers: { ...BASIC_CHALLENGE, ...answer.headers } };
      }
      const about = { username: account.username, subdomain: account.subdomain };
      const body = readHttpreqBody(call.body);
      if (body.kind === 'malformed') return refusal(400, 'malformed_json_payload', { about });
      if (body.kind === 'value' && isOfAnother(body.fqdn, account)) {
        const own = zone.nameOf(account.subdomain);
        const detail = `this account answers for ${own}, not for ${body.fqdn.slice(0, 300)}`;
        return { ...explainedRefusal(403, 'forbidden_name', detail), about };
      }
      return act(call, account, valueOf(body));
    };
  }

  function isOfAnother(fqdn: string, { subdomain }: Account): boolean {
    try {
      const name = parseDomainName(fqdn);
      return isWithin(name, zone.origin) && name !== zone.nameOf(subdomain);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return false;
    }
  }

  return {
    present: owned((call, { subdomain }, txt) => putValue(call, accountInBasic(call), { subdomain, txt })),
    cleanup: owned(async (_call, { username, subdomain }, txt) => {
      const about = { username, subdomain };
      if (!isTxtValue(txt)) return refusal(400, 'bad_txt', { about });
      await zone.removeValue(subdomain, txt);
      return success(200, `{"txt": "${txt}"}`, about);
    }),
  };
}

/** RFC 8555 section 8.4. */
function valueOf(body: Exclude<HttpreqBody, { kind: 'malformed' }>): string {
  return body.kind === 'value' ? body.value : hash('sha256', body.keyAuthorization, 'base64url');
}
