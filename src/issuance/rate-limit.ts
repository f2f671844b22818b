import { AcmeError } from '../acme/problem.ts';

/**
 * Until when the CA wants nothing more from the account, in ms since the epoch; undefined when what was thrown says no such thing. A limit that is
 * about one name or one set of names leaves the others alone: Let's Encrypt names the account in the detail of those that are about it, and what
 * comes without a problem document is from something in front of the CA, which counts every request.
 */
export function accountPause(error: unknown, now: number): number | undefined {
  if (!(error instanceof AcmeError) || error.retry.kind !== 'after' || error.retry.at <= now) return undefined;
  const { status, problem, retry } = error;
  const isLimit = error.code === 'acme-rate-limited' || status === 429 || status === 503;
  if (!isLimit) return undefined;
  return problem === undefined || status === 503 || /\baccount\b/i.test(problem.detail) ? retry.at : undefined;
}
