import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { HttpResponse } from './http.ts';
import { parseProblem } from './problem.ts';
import type { Problem } from './problem.ts';
import { badResponse, jsonOf, retryAfterOf } from './response.ts';
import type { AcmeSession } from './session.ts';

/** RFC 8555 section 8. Types that we do not know, and such without a token (dns-persist-01), are kept as they are. */
export interface Challenge {
  readonly type: string;
  readonly url: string;
  /** pending, processing, valid, invalid; a CA may invent others. */
  readonly status: string;
  readonly token?: string;
  readonly error?: Problem;
  /** ms since the epoch by the local clock; only in the answer to `acceptChallenge`. */
  readonly retryAfter?: number;
}

const challengeDocument = z.object({
  type: z.string().min(1),
  url: z.string(),
  status: z.string().catch('pending'),
  token: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .optional()
    .catch(undefined),
  error: z.unknown().optional(),
});

/** One of an authorization's challenges; undefined when it has no type or no URL, for then nobody could answer it. */
export function parseChallenge(value: unknown, base: string): Challenge | undefined {
  const parsed = challengeDocument.safeParse(value);
  if (!parsed.success || !URL.canParse(parsed.data.url, base)) return undefined;
  const { type, url, status, token } = parsed.data;
  const error = parseProblem(parsed.data.error);
  return {
    type,
    url: new URL(url, base).href,
    status,
    ...(token === undefined ? {} : { token }),
    ...(error === undefined ? {} : { error }),
  };
}

/**
 * Tells the CA to look now (RFC 8555 section 7.5.1). What it will ask must be answerable before. A challenge that is accepted twice, or
 * whose authorization is decided already, is answered by some CAs with its state and by others with an error; read the authorization.
 */
export async function acceptChallenge(session: AcmeSession, url: string, signal: AbortSignal): Promise<Challenge> {
  // Exactly {}: no keyAuthorization, as drafts before the RFC had it.
  const response = await session.post({ target: { url }, payload: {}, doing: 'validate a challenge' }, signal);
  return challengeOf(response, url);
}

function challengeOf(response: HttpResponse, url: string): Challenge {
  const challenge = parseChallenge(jsonOf(response, 'a challenge'), url);
  if (challenge === undefined) throw badResponse(response.url, 'a challenge', 'it has no type or no URL');
  const retryAfter = retryAfterOf(response);
  return retryAfter === undefined ? challenge : { ...challenge, retryAfter };
}

/** What the TXT record at `_acme-challenge.<name>` must hold: 43 characters (RFC 8555 section 8.4). */
export function dns01Value(account: string | { readonly thumbprint: string }, token: string): string {
  const thumbprint = typeof account === 'string' ? account : account.thumbprint;
  return createHash('sha256').update(`${token}.${thumbprint}`).digest('base64url');
}
