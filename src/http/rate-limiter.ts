import type { Clock } from '../core/clock.ts';

/** So many in so many ms: at once or spread, and then again as time passes (a token bucket that starts full). */
export interface Rate {
  readonly count: number;
  readonly interval: number;
}

/** Counts for each of many. Memory is bounded: who was seen longest ago is forgotten first. */
export interface RateLimiter {
  /** Takes one. undefined: there was one; otherwise the ms until there is one, and nothing is taken. */
  take(who: string): number | undefined;
  /** One that was taken, and was not needed. */
  giveBack(who: string): void;
}

/** About 4 MB of addresses. */
const MOST_KEPT = 30_000;

/** @param rate undefined, or a count of 0: no limit */
export function createRateLimiter(rate: Rate | undefined, clock: Pick<Clock, 'now'>, most = MOST_KEPT): RateLimiter {
  if (rate === undefined || rate.count <= 0) return { take: () => undefined, giveBack: () => {} };
  const { interval } = rate;
  const step = interval / rate.count;
  /** When the bucket of each is full again (the generic cell rate algorithm): one number holds all. */
  const fullAt = new Map<string, number>();

  /** A clock that was put back must not shut anybody out for longer than the interval. */
  function fullAgain(who: string, now: number): number {
    return Math.min(Math.max(fullAt.get(who) ?? now, now), now + interval);
  }

  function waitAt(who: string, now: number): number | undefined {
    const wait = fullAgain(who, now) + step - interval - now;
    // Less than that is rounding.
    return wait > 1e-3 ? wait : undefined;
  }

  function forget(now: number): void {
    for (const [who, full] of fullAt) {
      if (fullAt.size <= most && full > now) return;
      fullAt.delete(who);
    }
  }

  return {
    take(who) {
      const now = clock.now();
      const wait = waitAt(who, now);
      if (wait !== undefined) return wait;
      const full = fullAgain(who, now) + step;
      // Put at the end again, so that those at the start are the ones seen longest ago.
      fullAt.delete(who);
      fullAt.set(who, full);
      if (fullAt.size > most) forget(now);
      return undefined;
    },
    giveBack(who) {
      const full = fullAt.get(who);
      if (full !== undefined) fullAt.set(who, full - step);
    },
  };
}
