import { z } from 'zod';
import { parseChallenge } from './challenge.ts';
import type { Challenge } from './challenge.ts';
import type { HttpResponse } from './http.ts';
import type { Identifier } from './problem.ts';
import { badResponse, jsonOf, retryAfterOf } from './response.ts';
import type { AcmeSession } from './session.ts';

/** RFC 8555 section 7.1.4. */
export interface Authorization {
  readonly url: string;
  readonly status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';
  /** Without `*.`; `wildcard` tells. */
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly challenges: readonly Challenge[];
  /** ms since the epoch. */
  readonly expires?: number;
  /** ms since the epoch by the local clock. */
  readonly retryAfter?: number;
}

const authorizationDocument = z.object({
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  identifier: z.object({ type: z.string(), value: z.string() }),
  challenges: z.array(z.unknown()).catch([]),
  wildcard: z.boolean().nullish().catch(undefined),
  expires: z.string().nullish().catch(undefined),
});

export async function getAuthorization(session: AcmeSession, url: string, signal: AbortSignal): Promise<Authorization> {
  const request = { target: { url }, payload: undefined, doing: 'read an authorization' };
  return parseAuthorization(await session.post(request, signal), url);
}

/**
 * Gives an authorization up (RFC 8555 section 7.5.2). Never do this to clean up after a failure: Let's Encrypt counts it as a failed
 * validation, and it ends the reuse of the order.
 */
export async function deactivateAuthorization(
  session: AcmeSession,
  url: string,
  signal: AbortSignal,
): Promise<Authorization> {
  const request = { target: { url }, payload: { status: 'deactivated' }, doing: 'deactivate an authorization' };
  return parseAuthorization(await session.post(request, signal), url);
}

function parseAuthorization(response: HttpResponse, url: string): Authorization {
  const parsed = authorizationDocument.safeParse(jsonOf(response, 'an authorization'));
  if (!parsed.success) {
    const member = String(parsed.error.issues[0]?.path[0] ?? 'form');
    throw badResponse(response.url, 'an authorization', `its ${member} is wrong`);
  }
  const { status, identifier, challenges, wildcard } = parsed.data;
  const expires = Date.parse(parsed.data.expires ?? '');
  const retryAfter = retryAfterOf(response);
  return {
    url,
    status,
    // Some CAs leave the `*.` in place, against the RFC.
    identifier: { type: identifier.type, value: identifier.value.replace(/^\*\./, '') },
    wildcard: wildcard === true || identifier.value.startsWith('*.'),
    challenges: challenges.flatMap((challenge) => parseChallenge(challenge, response.url) ?? []),
    ...(Number.isNaN(expires) ? {} : { expires }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
