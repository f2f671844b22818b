/**
 * The challenges that are worked on at once. Only one that is being put in place or looked at by the CA holds a slot: what waits for a person, or
 * for a server that is down, never does.
 */
export interface ChallengeSlots {
  /** Whether the challenge has one now; otherwise it is woken when its turn comes. */
  take(key: string): boolean;
  release(key: string): void;
  readonly taken: number;
}

export function createChallengeSlots(most: number, wake: (key: string) => void): ChallengeSlots {
  const taken = new Set<string>();
  const waiting = new Set<string>();

  return {
    get taken() {
      return taken.size;
    },
    take(key) {
      if (taken.has(key)) return true;
      if (taken.size >= most) {
        waiting.add(key);
        return false;
      }
      waiting.delete(key);
      taken.add(key);
      return true;
    },
    release(key) {
      waiting.delete(key);
      if (!taken.delete(key)) return;
      const [next] = waiting;
      if (next === undefined) return;
      waiting.delete(next);
      wake(next);
    },
  };
}
