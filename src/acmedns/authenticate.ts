import { isKeyShaped } from './account.ts';
import { isAllowed } from './allow-from.ts';
import { type Bcrypt, createBcrypt } from './bcrypt.ts';
import { createKeyCheck } from './key-check.ts';
import type { Account, AccountStore } from './ports.ts';
import { parseUsername } from './username.ts';

/** What a client says of itself; nothing in it is trusted. */
export interface Credentials {
  readonly username: string;
  readonly key: string;
  /** The addresses that the request may have come from; one that is allowed is enough. */
  readonly sources: readonly string[];
}

/** The account that the credentials open, or undefined: a stranger learns no more. */
export type Authenticate = (credentials: Credentials) => Promise<Account | undefined>;

/**
 * Looks in the order in which acme-dns does: form of the user, form of the key, account, key, source.
 * The function throws DomainError `store-unavailable`, `too-busy`
 */
export function createAuthenticate(store: AccountStore, bcrypt: Bcrypt = createBcrypt()): Authenticate {
  const isKeyOf = createKeyCheck(store, bcrypt);
  return async ({ username: written, key, sources }) => {
    const username = parseUsername(written);
    if (username === undefined || !isKeyShaped(key)) return undefined;
    const account = await store.findAccount(username);
    if (!(await isKeyOf(account, key)) || account === undefined) return undefined;
    return isAllowed(account.allowFrom, sources) ? account : undefined;
  };
}
