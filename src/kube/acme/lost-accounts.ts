import type { Clock } from '../../core/clock.ts';

/** Accounts that a CA does not know any more, or refuses, as orders find out; until their issuer has registered again. */
export interface LostAccounts {
  has(uri: string): boolean;
  /** False: it was found good since the CA was asked (`askedAt`, ms since the epoch), as many orders meet the same refusal at once. */
  lose(uri: string, askedAt: number): boolean;
  /** The issuer that had `before` has `now` by now; both may be the same. */
  found(before: string | undefined, now: string): void;
}

export function createLostAccounts(clock: Clock): LostAccounts {
  const lost = new Set<string>();
  const foundAt = new Map<string, number>();
  return {
    has: (uri) => lost.has(uri),
    lose(uri, askedAt) {
      if (askedAt < (foundAt.get(uri) ?? 0)) return false;
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
