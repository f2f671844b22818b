import type { Clock } from '../../core/clock.ts';
import type { Priority } from './client.ts';

export interface RateLimitOptions {
  /** Calls a second, in the long run. */
  readonly qps: number;
  /** Calls at once after a pause. */
  readonly burst: number;
  readonly clock: Clock;
}

/** A bucket of tokens with two lines of people before it: what somebody waits for goes before what can wait. */
export interface RateLimit {
  /** Resolves when it is this call's turn. */
  take(priority: Priority, signal: AbortSignal): Promise<void>;
}

interface Waiter {
  readonly go: () => void;
}

export function createRateLimit({ qps, burst, clock }: RateLimitOptions): RateLimit {
  const lines: Record<Priority, Set<Waiter>> = { waited: new Set(), background: new Set() };
  let tokens = burst;
  let filledAt = clock.now();
  let isPumping = false;

  function fill(): void {
    const now = clock.now();
    // A clock that is set back must not stop everything.
    tokens = Math.min(burst, tokens + (Math.max(0, now - filledAt) * qps) / 1000);
    filledAt = now;
  }

  async function pump(): Promise<void> {
    isPumping = true;
    for (;;) {
      fill();
      while (tokens >= 1) {
        const line = lines.waited.size > 0 ? lines.waited : lines.background;
        const [first] = line;
        if (first === undefined) {
          isPumping = false;
          return;
        }
        line.delete(first);
        tokens -= 1;
        first.go();
      }
      await clock.sleep(Math.max(1, ((1 - tokens) / qps) * 1000), new AbortController().signal);
    }
  }

  return {
    async take(priority, signal) {
      signal.throwIfAborted();
      fill();
      if (!isPumping && tokens >= 1) {
        tokens -= 1;
        return;
      }
      const line = lines[priority];
      await new Promise<void>((resolve, reject) => {
        const waiter: Waiter = {
          go() {
            signal.removeEventListener('abort', leave);
            resolve();
          },
        };
        const leave = (): void => {
          line.delete(waiter);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', leave, { once: true });
        line.add(waiter);
        if (!isPumping) void pump();
      });
    },
  };
}
