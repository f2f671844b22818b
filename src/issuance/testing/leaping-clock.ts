import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';

/** A clock whose sleeps are over at once, as far as anybody can tell from `now`. */
export interface LeapingClock extends Clock {
  /** How long each sleep was, in ms. */
  readonly sleeps: readonly number[];
  advance(milliseconds: number): void;
}

export function createLeapingClock(start = 1_700_000_000_000): LeapingClock {
  let now = start;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    advance(milliseconds) {
      now += milliseconds;
    },
    async sleep(milliseconds, signal) {
      signal.throwIfAborted();
      sleeps.push(milliseconds);
      await nextTurn();
      signal.throwIfAborted();
      now += milliseconds;
    },
  };
}
