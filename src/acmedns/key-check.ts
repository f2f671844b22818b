import { timingSafeEqual } from 'node:crypto';
import { assertNever } from '../core/assert-never.ts';
import { fastKey } from './account.ts';
import type { Bcrypt } from './bcrypt.ts';
import type { Account, AccountStore } from './ports.ts';

/** Whether a key opens an account. */
export type KeyCheck = (account: Account | undefined, key: string) => Promise<boolean>;

/** Compared with when there is no such account, so that an unknown user costs the same as a wrong key. */
const NO_HASH = new Uint8Array(32);

/**
 * Compares in constant time. bcrypt is only computed for an account that has it, for one key at a time, and once for each right key: the
 * account then gets a SHA-256 of it, in the store when that may be, in memory otherwise.
 */
export function createKeyCheck(store: AccountStore, bcrypt: Bcrypt): KeyCheck {
  /** By username: a key that was right, and the bcrypt hash that it was right for. */
  const verified = new Map<string, { readonly bcrypt: string; readonly hash: Uint8Array }>();
  /** @throws DomainError `too-busy` */
  async function checkBcrypt(account: Account, hash: string, key: string): Promise<boolean> {
    const fast = fastKey(key);
    const before = verified.get(account.username);
    // Once the right key is known, no other can be right.
    if (before?.bcrypt === hash) return timingSafeEqual(before.hash, fast.hash);
    if (!(await bcrypt.compare(key, hash))) return false;
    if (store.keepsBcrypt) {
      verified.set(account.username, { bcrypt: hash, hash: fast.hash });
      return true;
    }
    const isSame = ({ key: now }: Account) => now.kind === 'bcrypt' && now.hash === hash;
    // Where it cannot be stored now, the next use does it.
    await store.changeAccount(account.username, (now) => (isSame(now) ? { ...now, key: fast } : now)).catch(() => {});
    return true;
  }

  return async (account, key) => {
    if (account === undefined) {
      timingSafeEqual(fastKey(key).hash, NO_HASH);
      return false;
    }
    switch (account.key.kind) {
      case 'sha256':
        return timingSafeEqual(fastKey(key).hash, account.key.hash);
      case 'bcrypt':
        return await checkBcrypt(account, account.key.hash, key);
      default:
        return assertNever(account.key);
    }
  };
}
