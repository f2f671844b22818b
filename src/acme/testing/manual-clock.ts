import type { Clock } from '../../core/clock.ts';

/** Time that moves when told, and when somebody sleeps. */
export interface ManualClock extends Clock {
  advance(milliseconds: number): void;
}

export function createManualClock(start = Date.UTC(2026, 10, 24)): ManualClock {
  let now = start;
  return {
    now: () => now,
    async sleep(milliseconds, signal) {
      signal.throwIfAborted();
      now += milliseconds;
    },
    advance(milliseconds) {
      now += milliseconds;
    },
  };
}
