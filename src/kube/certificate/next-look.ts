import { again, done } from '../api/controller.ts';
import type { Result } from '../api/controller.ts';
import type { Readiness } from './readiness.ts';

/** Timers are set for no longer than this, so that a clock that was put right is noticed, in ms. */
const LONGEST_PAUSE = 6 * 3_600_000;

/** When something happens by itself to a certificate that is in place: it is to be renewed, or it ends. ms since the epoch. */
export function nextTimes({ times, violation }: Readiness): readonly (number | undefined)[] {
  return [times.renewalTime, violation === undefined ? times.notAfter : undefined];
}

/** Looks again at the first of these times that is still to come, a moment later than the second it is in. */
export function restUntil(times: readonly (number | undefined)[], now: number): Result {
  const coming = times.filter((time) => time !== undefined).filter((time) => time > now);
  return coming.length === 0 ? done : again(Math.min(Math.min(...coming) - now + 1000, LONGEST_PAUSE));
}
