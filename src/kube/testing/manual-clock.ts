import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves on; sleeps end in the order of their times, and what they lead to happens before the next one ends. */
  advance(milliseconds: number): Promise<void>;
  /** Only what time it is, as when a machine was suspended or its clock was set: no sleep ends. */
  set(milliseconds: number): void;
}

interface Sleep {
  readonly at: number;
  readonly end: () => void;
}

/** So many turns of the event loop are enough for a chain of promises to come to rest. */
const TURNS = 5;

export function createManualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start;
  const sleeps = new Set<Sleep>();

  async function settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
  }

  return {
    now: () => now,
    set(milliseconds) {
      now = milliseconds;
    },
    sleep(milliseconds, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const leave = (): void => {
          sleeps.delete(sleep);
          reject(signal.reason as Error);
        };
        const sleep: Sleep = {
          at: now + milliseconds,
          end() {
            signal.removeEventListener('abort', leave);
            sleeps.delete(sleep);
            resolve();
          },
        };
        signal.addEventListener('abort', leave, { once: true });
        sleeps.add(sleep);
      });
    },
    async advance(milliseconds) {
      const until = now + milliseconds;
      await settle();
      for (;;) {
        const [next] = [...sleeps].filter(({ at }) => at <= until).toSorted((one, other) => one.at - other.at);
        if (next === undefined) break;
        now = Math.max(now, next.at);
        next.end();
        await settle();
      }
      now = until;
    },
  };
}
