import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import type { NameTable } from '../dns/name-table.ts';
import { createAccount, createKey } from './account.ts';
import { parseAllowFrom } from './allow-from.ts';
import { createAuthenticate, type Credentials } from './authenticate.ts';
import { createBcrypt } from './bcrypt.ts';
import { checkUpdate, type UpdateRefusal, type UpdateRequest } from './check-update.ts';
import { followChanges, type ZoneEvent } from './follow-changes.ts';
import type { Account, AccountKey, AccountStore, StoredName, TxtChange } from './ports.ts';
import { createServedLabels } from './served-labels.ts';
import { addValue, holdValues, liveRows, releaseValues } from './txt-rule.ts';

export interface ChallengeZoneOptions {
  /** The zone that the labels are in. */
  readonly origin: DomainName;
  readonly names: NameTable;
  readonly store: AccountStore;
  readonly clock: Clock;
}

/** What a new account's owner is told; the only time that `password` is seen. */
export interface Registration {
  readonly username: string;
  readonly password: string;
  readonly fulldomain: string;
  readonly subdomain: string;
  readonly allowfrom: readonly string[];
}

export type UpdateOutcome = { readonly kind: 'updated'; readonly txt: string } | { readonly kind: UpdateRefusal };

/** How many labels are served, and which could not be since they make no name (edited by hand). */
export interface LoadedNames {
  readonly served: number;
  readonly unusable: readonly string[];
}

/**
 * The challenge zone: the one place where the store and the names that DNS serves are changed together. Invariant: durable
 * first, then served, then the promise resolves; so what was acknowledged is being answered, and survives. Everything that looks
 * into the store or changes it rejects with DomainError `store-unavailable` while that cannot be reached.
 */
export interface ChallengeZone {
  readonly origin: DomainName;
  /** The full name of a label. @throws DomainError `invalid-name` */
  nameOf(subdomain: string): DomainName;
  /** Serves what the store has; until it resolves, a name that is not found yet gets SERVFAIL. Call once, before all else. */
  load(): Promise<LoadedNames>;
  /** @throws DomainError `invalid-allow-from`, `too-busy` */
  register(allowFrom: readonly string[]): Promise<Registration>;
  /**
   * The account that the credentials open, in the order of checks of acme-dns (form of the user, form of the key, account, key, source);
   * undefined is all that a stranger learns. What an owner may do comes after it. @throws DomainError `too-busy`
   */
  authenticate(credentials: Credentials): Promise<Account | undefined>;
  /** authenticate, then the label, then the value. @throws DomainError `too-busy` */
  update(request: UpdateRequest): Promise<UpdateOutcome>;
  /** Takes one value of an account away; whether it was there. Values of our own orders stay. */
  removeValue(subdomain: string, txt: string): Promise<boolean>;
  /** The account, its label and its values are gone; whether they were there. */
  removeAccount(username: string): Promise<boolean>;
  /** Replaces the allow list; undefined when there is no such account. @throws DomainError `invalid-allow-from` */
  changeAllowFrom(username: string, allowFrom: readonly string[]): Promise<Account | undefined>;
  /** A new key; the old one opens the account no more. undefined when there is no such account. */
  rotateKey(username: string): Promise<Registration | undefined>;
  /** The label that answers for `domain`, the same at every call. It belongs to no account: nobody can write it over HTTP. */
  registerDelegation(domain: DomainName): Promise<string>;
  removeDelegation(domain: DomainName): Promise<void>;
  /** Serves the values at the label, on all nodes, until removeLocal, beside whatever is there. @throws DomainError `unknown-label` */
  presentLocal(subdomain: string, values: readonly string[]): Promise<void>;
  removeLocal(subdomain: string, values: readonly string[]): Promise<void>;
  /**
   * Keeps true what is served, until the signal aborts: values go when their time is over, and what others do in the same store (other
   * processes here, other nodes) is served as well. Run it after load, beside everything else. It only rejects when evercert is wrong.
   */
  keepFresh(signal: AbortSignal, tell?: (event: ZoneEvent) => void): Promise<void>;
}

export function createChallengeZone(options: ChallengeZoneOptions): ChallengeZone {
  const { origin, names, store, clock } = options;
  const labels = createServedLabels(origin, names, clock);
  const bcrypt = createBcrypt();
  const authenticate = createAuthenticate(store, bcrypt);

  /** What is kept of a new key, in a form that everybody who reads the store understands. */
  async function keep(key: string, kept: AccountKey): Promise<AccountKey> {
    return store.keepsBcrypt ? { kind: 'bcrypt', hash: await bcrypt.hash(key) } : kept;
  }

  /** undefined when there is no such label. */
  async function change(subdomain: string, rule: TxtChange): Promise<StoredName | undefined> {
    const stored = await store.changeTxt(subdomain, rule);
    if (stored !== undefined) labels.serve(stored, 'us');
    return stored;
  }

  async function bury(subdomain: string): Promise<void> {
    await change(subdomain, (rows) => liveRows(rows, clock.now()));
  }

  /** Serves every label that is stored. `seen` is told of each. */
  async function serveAll(seen: (subdomain: string) => void = () => {}): Promise<LoadedNames> {
    const unusable: string[] = [];
    let served = 0;
    let isFirst = true;
    labels.restart();
    for await (const page of store.names()) {
      // Every page is at least as late as the first.
      if (isFirst && page[0] !== undefined) labels.caughtUp(page[0].version);
      isFirst = false;
      for (const name of page) {
        seen(name.subdomain);
        try {
          labels.serve(name, 'store');
          served += 1;
        } catch (error) {
          if (!(error instanceof DomainError && error.code === 'invalid-name')) throw error;
          unusable.push(name.subdomain);
        }
      }
    }
    return { served, unusable };
  }

  /** Also of those labels that nobody has any more. */
  async function reload(): Promise<void> {
    const stored = new Set<string>();
    await serveAll((subdomain) => stored.add(subdomain.toLowerCase()));
    labels.withdrawOthersThan(stored);
  }

  function registrationOf({ username, subdomain, allowFrom }: Account, password: string): Registration {
    return { username, password, fulldomain: `${subdomain}.${origin}`, subdomain, allowfrom: allowFrom };
  }

  return {
    origin,
    nameOf: (subdomain) => labels.nameOf(subdomain),
    async load() {
      names.complete = false;
      const loaded = await serveAll();
      names.complete = true;
      return loaded;
    },
    async register(allowFrom) {
      const { account: made, key } = createAccount(parseAllowFrom(allowFrom), clock.now());
      const account = { ...made, key: await keep(key, made.key) };
      const { subdomain } = account;
      const version = await store.addAccount(account);
      labels.serve({ subdomain, rows: [], version }, 'us');
      return registrationOf(account, key);
    },
    authenticate,
    async update(request) {
      const { subdomain, txt } = request;
      const refusal = checkUpdate(await authenticate(request), request);
      if (refusal !== undefined) return { kind: refusal };
      const stored = await change(subdomain, (rows) => addValue(rows, txt, clock.now()));
      return stored !== undefined ? { kind: 'updated', txt } : { kind: 'forbidden' };
    },
    async removeValue(subdomain, txt) {
      let removed = false;
      await change(subdomain, (rows) => {
        const others = rows.filter(({ value, held }) => held || value !== txt);
        removed = others.length < rows.length;
        return others;
      });
      return removed;
    },
    async removeAccount(username) {
      const removed = await store.removeAccount(username);
      if (removed !== undefined) labels.withdraw(removed, 'us');
      return removed !== undefined;
    },
    async changeAllowFrom(username, allowFrom) {
      const checked = parseAllowFrom(allowFrom);
      return await store.changeAccount(username, (account) => ({ ...account, allowFrom: checked }));
    },
    async rotateKey(username) {
      const { key, kept } = createKey();
      const stored = await keep(key, kept);
      const account = await store.changeAccount(username, (before) => ({ ...before, key: stored }));
      return account && registrationOf(account, key);
    },
    async registerDelegation(domain) {
      const stored = await store.addDelegation(domain, randomUUID());
      labels.serve(stored, 'us');
      return stored.subdomain;
    },
    async removeDelegation(domain) {
      const removed = await store.removeDelegation(domain);
      if (removed !== undefined) labels.withdraw(removed, 'us');
    },
    async presentLocal(subdomain, values) {
      const stored = await change(subdomain, (rows) => holdValues(rows, values, clock.now()));
      // The CA may ask any of the nodes.
      if (stored !== undefined) return await store.untilTold(stored.version);
      const message = `the challenge zone ${origin} has no label "${subdomain}"; register it first`;
      throw new DomainError('unknown-label', message);
    },
    async removeLocal(subdomain, values) {
      await change(subdomain, (rows) => releaseValues(rows, values, clock.now()));
    },
    async keepFresh(signal, tell = () => {}) {
      await Promise.all([
        labels.watchDeaths(bury, signal),
        followChanges({ store, labels, names, clock, reload, tell }, signal),
      ]);
    },
  };
}
