import { setTimeout as delay } from 'node:timers/promises';

/** Time as a parameter. `now` is in milliseconds since the epoch; `sleep` rejects with the signal's reason when aborted. */
export interface Clock {
  now(): number;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Timers longer than this fire at once in Node; a longer sleep is taken in pieces. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    signal.throwIfAborted();
    const until = Date.now() + milliseconds;
    for (;;) {
      const left = until - Date.now();
      if (left <= 0) return;
      try {
        await delay(Math.min(left, LONGEST_TIMER), undefined, { signal });
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      }
    }
  },
};

/** A signal that aborts with `parent`, or after `milliseconds` with a TimeoutError. */
export function withTimeout(parent: AbortSignal, milliseconds: number): AbortSignal {
  return AbortSignal.any([parent, AbortSignal.timeout(milliseconds)]);
}
