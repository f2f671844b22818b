import type { DomainName } from '../core/domain-name.ts';

/** One account of the acme-dns API. `username` and `subdomain` are unrelated, so that neither betrays the other. */
export interface Account {
  /** uuid, lower case. */
  readonly username: string;
  /** SHA-256 of the key. The key itself is known to its owner alone. */
  readonly keyHash: Uint8Array;
  /** One label below the challenge zone. */
  readonly subdomain: string;
  /** CIDR blocks that may use the account; empty means all. */
  readonly allowFrom: readonly string[];
  /** ms since the epoch. */
  readonly createdAt: number;
}

/** One TXT value at a label. At one label no two have the same `value` or the same `updatedAt`. */
export interface TxtRow {
  readonly value: string;
  /** ms since the epoch; moved up where needed, so that the order of updates is kept within a millisecond. */
  readonly updatedAt: number;
  /** Put there by an order of our own: it stays until it is removed, whatever else comes to the label. */
  readonly held: boolean;
}

/** A label with all that is stored for it. */
export interface StoredName {
  readonly subdomain: string;
  readonly rows: readonly TxtRow[];
}

/** Old rows in, new rows out; pure, since a store may run it again. */
export type TxtChange = (rows: readonly TxtRow[]) => readonly TxtRow[];

/**
 * Accounts, TXT values and delegations. Promise: when a method resolves, its effect survives kill -9 and power loss; when it
 * rejects, nothing has changed. Calls for one label take effect, and resolve, in the order in which they were made here.
 * Everything rejects with DomainError `store-unavailable` when the store cannot do its work.
 * Conformance: test/conformance/account-txt-store.ts
 */
export interface AccountStore {
  /** @throws DomainError `account-exists` when the username or the label is taken */
  addAccount(account: Account): Promise<void>;
  findAccount(username: string): Promise<Account | undefined>;
  /** Takes the TXT values of its label along. Removing what is not there is no error. Resolves to what was removed. */
  removeAccount(username: string): Promise<Account | undefined>;
  /** Applies `change` to the rows of one label, atomically against all other changes. Resolves to the rows now stored. */
  changeTxt(subdomain: string, change: TxtChange): Promise<readonly TxtRow[]>;
  /** Keeps `subdomain` for `domain`, unless the domain has a label already. Resolves to the label that is kept. */
  addDelegation(domain: DomainName, subdomain: string): Promise<string>;
  /** Takes the TXT values of its label along. Resolves to the label that was kept. */
  removeDelegation(domain: DomainName): Promise<string | undefined>;
  /** Every label of an account or a delegation, in pages, each once. Read before anything else is changed. */
  names(): AsyncIterable<readonly StoredName[]>;
  /**
   * The labels of all delegations: once at the start, and again whenever another process may have changed one, within a
   * second. Ends when the signal aborts. What is given is as stored in that very turn of the event loop.
   */
  delegationsByOthers(signal: AbortSignal): AsyncIterable<readonly StoredName[]>;
}
