import type { OrderFailure } from './order-record.ts';
import type { Attempts } from './ports.ts';

/** Waits after the first, second, ... failure in a row; the last one repeats. From Let's Encrypt's integration guide. */
const LADDER = [60_000, 10 * 60_000, 100 * 60_000, 24 * 3_600_000] as const;
/** A wait is this much longer or shorter, so that many certificates that failed together do not come back together. */
const JITTER = 0.1;

export interface FailedAttempt {
  readonly failure: OrderFailure;
  readonly fingerprint: string;
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
  /** `createdAt` of an order that failed for good, which is counted once. */
  readonly order?: number | undefined;
  /** The ladder goes no higher than this, in ms: for faults that say nothing about the request. */
  readonly longest?: number | undefined;
}

/**
 * The failures in a row with one more, and when the next try may be made. What the CA said (Retry-After) is honoured when it is later
 * than the ladder's own step; a failure that only a person can mend has no next try.
 */
export function nextAttempt(previous: Attempts | undefined, failed: FailedAttempt): Attempts {
  const { failure, fingerprint, now, random, order, longest = Infinity } = failed;
  const before = previous?.fingerprint === fingerprint ? previous : undefined;
  if (order !== undefined && before?.countedOrder === order) return before;
  const failures = (before?.failures ?? 0) + 1;
  const step = Math.min(backoff(failures, random), longest);
  return {
    failures,
    lastFailureAt: now,
    notBefore: failure.permanent ? undefined : Math.max(now + step, failure.notBefore ?? 0),
    permanent: failure.permanent,
    code: failure.code,
    message: failure.message,
    fingerprint,
    countedOrder: order,
  };
}

/** How long to wait after that many failures in a row, in ms. */
export function backoff(failures: number, random: number): number {
  const step = LADDER[Math.min(failures, LADDER.length) - 1] ?? LADDER[0];
  return Math.round(step * (1 + JITTER * (2 * random - 1)));
}
