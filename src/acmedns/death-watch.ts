import type { Clock } from '../core/clock.ts';

/** Which labels have values that will be too old, and when. Only labels with more values than the rolling rule are here. */
export interface DeathWatch {
  /** `at` in ms since the epoch; undefined forgets the label. */
  set(subdomain: string, at: number | undefined): void;
  /** Calls `bury` for each label whose time has come, until the signal aborts; resolves then. */
  run(bury: (subdomain: string) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** How often it looks, in ms: a value may live this much longer than the rule says. */
const INTERVAL = 5000;

export function createDeathWatch(clock: Clock): DeathWatch {
  const due = new Map<string, number>();

  async function buryDue(bury: (subdomain: string) => Promise<void>): Promise<void> {
    const now = clock.now();
    const ripe = [...due].filter(([, at]) => at <= now).map(([subdomain]) => subdomain);
    // A store that fails now is asked again at the next look; the values stay served until then, which does no harm.
    await Promise.allSettled(ripe.map(bury));
  }

  return {
    set(subdomain, at) {
      if (at === undefined) due.delete(subdomain);
      else due.set(subdomain, at);
    },
    async run(bury, signal) {
      while (!signal.aborted) {
        await buryDue(bury);
        try {
          await clock.sleep(INTERVAL, signal);
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      }
    },
  };
}
