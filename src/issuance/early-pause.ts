import type { Clock } from '../core/clock.ts';

export interface Early {
  readonly news: Promise<void>;
  /** ms to wait when the news has come. */
  readonly after: number;
}

/** Waits `after` ms, or until the news has come and its own wait is over. */
export async function earlyPause(
  after: number,
  early: Early | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (early === undefined) return clock.sleep(after, signal);
  const either = new AbortController();
  const both = AbortSignal.any([signal, either.signal]);
  const sooner = early.news.then(() => clock.sleep(Math.min(early.after, after), both));
  try {
    await Promise.race([clock.sleep(after, both), sooner]);
  } finally {
    either.abort();
    sooner.catch(() => {});
  }
}
