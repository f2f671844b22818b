import type { AccountStore } from '../acmedns/ports.ts';
import type { Clock } from '../core/clock.ts';

/** Counting may take this part of the time: a large zone is counted seldom, a small one whenever somebody looks. */
const SHARE = 0.01;
/** ms. */
const AT_MOST_EVERY = 1000;

/** The number of accounts, for the metrics. */
export function createAccountCount(
  store: Pick<AccountStore, 'accounts'>,
  clock: Pick<Clock, 'now'>,
): () => Promise<number> {
  let counted: Promise<number> | undefined;
  let goodUntil = 0;

  async function count(): Promise<number> {
    const start = clock.now();
    let accounts = 0;
    for await (const page of store.accounts()) accounts += page.length;
    const end = clock.now();
    goodUntil = end + Math.max(AT_MOST_EVERY, (end - start) / SHARE);
    return accounts;
  }

  return () => {
    if (counted === undefined || clock.now() >= goodUntil) {
      // Who asks meanwhile waits for the same count.
      goodUntil = Number.POSITIVE_INFINITY;
      counted = count();
      counted.catch(() => (counted = undefined));
    }
    return counted;
  };
}
