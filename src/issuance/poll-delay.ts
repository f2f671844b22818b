const LONGEST = 3000;
/** A wait grows by half of the time already waited: each look comes 1.5 times as late as the one before. */
const GROWTH = 0.5;

export interface PollDelay {
  readonly now: number;
  /** When the CA was given something to do. */
  readonly since: number;
  /** Time allowed from `since`, in ms. */
  readonly deadline: number;
  /** The first wait, in ms. */
  readonly shortest: number;
  /** What the CA asked for: ms since the epoch. One in the past says nothing. */
  readonly retryAfter: number | undefined;
}

/**
 * How long to wait before the CA is asked again, in ms; undefined when the deadline has passed. A Retry-After is honoured, but a look is
 * taken at the deadline in any case: a CA that says "tomorrow" may be ready sooner.
 */
export function pollDelay({ now, since, deadline, shortest, retryAfter }: PollDelay): number | undefined {
  // A clock that was set back must not make the wait longer than the deadline.
  const elapsed = Math.max(0, now - since);
  if (elapsed >= deadline) return undefined;
  const told = retryAfter !== undefined && retryAfter > now;
  const wished = told ? retryAfter - now : Math.min(Math.max(elapsed * GROWTH, shortest), LONGEST);
  return Math.min(wished, deadline - elapsed);
}
