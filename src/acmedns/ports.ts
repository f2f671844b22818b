import type { DomainName } from '../core/domain-name.ts';
import type { DomainError } from '../core/error.ts';

/**
 * What the key of an account is compared with. The key itself is known to its owner alone. acme-dns keeps bcrypt; a fast hash of
 * 240 random bits is no weaker.
 */
export type AccountKey =
  | { readonly kind: 'sha256'; readonly hash: Uint8Array }
  | { readonly kind: 'bcrypt'; readonly hash: string };

/** One account of the acme-dns API. `username` and `subdomain` are unrelated, so that neither betrays the other. */
export interface Account {
  /** uuid, lower case. */
  readonly username: string;
  readonly key: AccountKey;
  /** One label below the challenge zone. */
  readonly subdomain: string;
  /** CIDR blocks that may use the account; empty means all. */
  readonly allowFrom: readonly string[];
  /** ms since the epoch; 0 when nobody knows (taken over from acme-dns). */
  readonly createdAt: number;
  /** ms since the epoch: when its owner last put a value there. Kept by changeTxt; absent when that never happened. */
  readonly lastUpdateAt?: number;
}

/** One TXT value at a label. At one label no two have the same `value` or the same `updatedAt`. */
export interface TxtRow {
  readonly value: string;
  /** ms since the epoch; moved up where needed, so that the order of updates is kept within a millisecond. */
  readonly updatedAt: number;
  /** Put there by an order of our own: it stays until it is removed, whatever else comes to the label. */
  readonly held: boolean;
}

/**
 * A label with all that is stored for it. `version` orders the states of a label: of two states, the one with the larger
 * version is the later one. Versions of one store object are comparable, also between labels; those of two are not.
 */
export interface StoredName {
  readonly subdomain: string;
  readonly rows: readonly TxtRow[];
  readonly version: number;
}

/** A label that is gone. */
export interface RemovedName {
  readonly subdomain: string;
  readonly version: number;
}

/** Old rows in, new rows out; pure, since a store may run it again. */
export type TxtChange = (rows: readonly TxtRow[]) => readonly TxtRow[];

/** The account in, the changed account out; pure, since a store may run it again. `username` and `subdomain` stay. */
export type AccountChange = (account: Account) => Account;

/** What changesByOthers tells. */
export type StoreChange =
  /**
   * How these labels are now. Everything that happened to any label up to the version `upTo` has been told by now, here or to
   * the caller who did it. The store can be read.
   */
  | {
      readonly kind: 'changed';
      readonly upTo: number;
      readonly names: readonly StoredName[];
      readonly removed: readonly RemovedName[];
    }
  /** So much has changed that all of names() has to be read again; what is not in there any more is gone. */
  | { readonly kind: 'reload' }
  /** The store cannot be read: others may change what is not seen here. Told once, and `changed` or `reload` follow when it is back. */
  | { readonly kind: 'lost'; readonly error: DomainError };

/**
 * Accounts, TXT values and delegations. Promise: when a method resolves, its effect survives kill -9 and power loss; when it
 * rejects, nothing has changed, or, where the connection to a database broke just then, the change is told by changesByOthers.
 * Calls for one label take effect, and resolve, in the order in which they were made here.
 * Everything rejects with DomainError `store-unavailable` when the store cannot do its work.
 * Conformance: test/conformance/account-txt-store.ts
 */
export interface AccountStore {
  /** Whether bcrypt keys have to stay as they are, since acme-dns itself may have to read them again. */
  readonly keepsBcrypt: boolean;
  /** Resolves to the version of its label. @throws DomainError `account-exists` when the username or the label is taken */
  addAccount(account: Account): Promise<number>;
  findAccount(username: string): Promise<Account | undefined>;
  findAccountByLabel(subdomain: string): Promise<Account | undefined>;
  /** Takes the TXT values of its label along. Removing what is not there is no error. Resolves to what was removed. */
  removeAccount(username: string): Promise<RemovedName | undefined>;
  /**
   * Applies `change` to the key, the allow list and createdAt of one account, atomically against all other changes. Resolves to
   * the account now stored, or to undefined when there is none.
   */
  changeAccount(username: string, change: AccountChange): Promise<Account | undefined>;
  /** Every account once, in pages. */
  accounts(): AsyncIterable<readonly Account[]>;
  /**
   * Applies `change` to the rows of one label, atomically against all other changes. Resolves to what is now stored, or to
   * undefined when no account and no delegation has the label: then nothing is stored.
   */
  changeTxt(subdomain: string, change: TxtChange): Promise<StoredName | undefined>;
  /** Keeps `subdomain` for `domain`, unless the domain has a label already. Resolves to the label that is kept. */
  addDelegation(domain: DomainName, subdomain: string): Promise<StoredName>;
  /** Takes the TXT values of its label along. */
  removeDelegation(domain: DomainName): Promise<RemovedName | undefined>;
  /** Every label of an account or a delegation, in pages, each once. What changes after the call is told by changesByOthers. */
  names(): AsyncIterable<readonly StoredName[]>;
  /**
   * What others do to the labels in the same store (other processes here, other nodes), from the latest call of names() on, or
   * from now; it may tell of own changes as well. Tells how far it has come soon after it was called. Ends when the signal aborts.
   * One at a time for each store object.
   */
  changesByOthers(signal: AbortSignal): AsyncIterable<StoreChange>;
  /**
   * Resolves when all other nodes that serve from the same store have been told of this version of a label; or after a few seconds, when one
   * of them does not get there. At once where there are no nodes.
   */
  untilTold(version: number): Promise<void>;
}
