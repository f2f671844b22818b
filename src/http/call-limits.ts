import { type Answer, type Call, type CallSubject, explainedRefusal, refusal, retryAfter } from './call.ts';
import type { RateLimiter } from './rate-limiter.ts';

/** What one subscriber may do in a while. */
export interface CallLimits {
  readonly registrations: RateLimiter;
  /** Failed authentications of any kind. */
  readonly failures: RateLimiter;
}

/** @param wait in ms */
export function tooMany(what: string, wait: number): Answer {
  const headers = retryAfter(wait);
  const detail = `too many ${what} from your address; try again in ${headers['retry-after']} s`;
  // Who goes on regardless has to pay for a new connection each time.
  return explainedRefusal(429, 'rate_limited', detail, { headers: { ...headers, connection: 'close' } });
}

/**
 * The answer to wrong credentials of an account. Good ones are never refused for what others did from the same address: keys
 * are 240 random bits, so nothing is won by not looking at them.
 */
export function forbidden({ source }: Call, { failures }: CallLimits, about: CallSubject): Answer {
  const wait = failures.take(source.subscriber);
  if (wait !== undefined) return { ...tooMany('failed authentications', wait), about };
  return refusal(401, 'forbidden', { about });
}

/**
 * Looks whether a password or token is right. These can be guessed: who has guessed wrong too often is not told whether this one
 * was right. It counts as wrong until it is known, so that many at once do not get around the limit.
 */
export async function tryGuess(
  { source }: Call,
  { failures }: CallLimits,
  isRight: () => Promise<boolean>,
): Promise<'right' | 'wrong' | Answer> {
  const wait = failures.take(source.subscriber);
  if (wait !== undefined) return tooMany('failed authentications', wait);
  if (!(await isRight())) return 'wrong';
  failures.giveBack(source.subscriber);
  return 'right';
}
