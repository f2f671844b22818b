/** How often a Certificate may begin an issuance without anybody having asked for it. Times in ms. */
const FREE = 4;
const WINDOW = 10 * 60_000;
const FIRST_PAUSE = 60_000;
const LONGEST_PAUSE = 60 * 60_000;

/**
 * Holds back a Certificate that is issued again and again though its spec stays the same: somebody else deletes or changes its Secret, say. Without
 * that, two programs at odds with each other would spend what a CA allows for a week within minutes.
 */
export interface IssuancePace {
  /** The time before which it should not begin; undefined when it may. ms since the epoch. */
  until(certificateUid: string, generation: number, now: number): number | undefined;
  begun(certificateUid: string, generation: number, now: number): void;
  forget(certificateUid: string): void;
}

interface Begun {
  readonly generation: number;
  readonly times: readonly number[];
}

export function createIssuancePace(): IssuancePace {
  const begun = new Map<string, Begun>();

  /** What still counts: of this spec, and with no rest of a whole window between. */
  function counted(uid: string, generation: number, now: number): readonly number[] {
    const found = begun.get(uid);
    if (found?.generation !== generation) return [];
    const last = found.times.at(-1) ?? 0;
    return now - last > Math.max(WINDOW, 2 * pauseAfter(found.times.length)) ? [] : found.times;
  }

  return {
    until(uid, generation, now) {
      const times = counted(uid, generation, now);
      const until = (times.at(-1) ?? 0) + pauseAfter(times.length);
      return until > now ? until : undefined;
    },
    begun: (uid, generation, now) =>
      void begun.set(uid, { generation, times: [...counted(uid, generation, now), now].slice(-32) }),
    forget: (uid) => void begun.delete(uid),
  };
}

function pauseAfter(times: number): number {
  return times < FREE ? 0 : Math.min(FIRST_PAUSE * 2 ** (times - FREE), LONGEST_PAUSE);
}
