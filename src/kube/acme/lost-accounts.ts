import type { Clock } from '../../core/clock.ts';

/** Accounts that a CA does not know any more, or refuses, as orders find out; until their issuer has registered again. */
export interface LostAccounts {
  has(uri: string): boolean;
  /** False: it was found good just now. Who says otherwise asked before that, or it is not the account that is wrong. */
  lose(uri: string): boolean;
  /** The issuer that had `before` has `now` by now; both may be the same. */
  found(before: string | undefined, now: string): void;
}

/** Many orders meet the same refusal at once, and some of them after the account was put right; in ms. */
const GOOD_FOR = 60_000;

export function createLostAccounts(clock: Clock): LostAccounts {
  const lost = new Set<string>();
  const foundAt = new Map<string, number>();
  return {
    has: (uri) => lost.has(uri),
    lose(uri) {
      if (clock.now() - (foundAt.get(uri) ?? -Infinity) < GOOD_FOR) return false;
      lost.add(uri);
      return true;
    },
    found(before, now) {
      if (before !== undefined) lost.delete(before);
      lost.delete(now);
      foundAt.set(now, clock.now());
    },
  };
}
