/** Accounts that a CA does not know any more, as orders find out, until their issuer has registered again. */
export interface LostAccounts {
  has(uri: string): boolean;
  lose(uri: string): void;
  /** The issuer that had `before` has `now` by now; both may be the same. */
  found(before: string | undefined, now: string): void;
}

export function createLostAccounts(): LostAccounts {
  const lost = new Set<string>();
  return {
    has: (uri) => lost.has(uri),
    lose: (uri) => void lost.add(uri),
    found(before, now) {
      if (before !== undefined) lost.delete(before);
      lost.delete(now);
    },
  };
}
