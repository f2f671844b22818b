import { EventEmitter, on } from 'node:events';
import type { DomainName } from '../../src/core/domain-name.ts';
import { DomainError } from '../../src/core/error.ts';
import type { Account, AccountStore, RemovedName, StoreChange, StoredName, TxtRow } from '../../src/acmedns/ports.ts';
import { txtDifference } from '../../src/store/txt-difference.ts';

/** What several stores in memory share, as several processes share a database. */
export class MemoryDatabase {
  readonly accounts = new Map<string, Account>();
  readonly txt = new Map<string, readonly TxtRow[]>();
  readonly delegations = new Map<DomainName, string>();
  /** Whose each label is: a username or a domain. */
  readonly labels = new Map<string, string>();
  readonly changes: string[] = [];
  readonly changed = new EventEmitter().setMaxListeners(0);

  note(subdomain: string): number {
    const version = this.changes.push(subdomain);
    this.changed.emit('change');
    return version;
  }

  hasLabel(subdomain: string): boolean {
    return this.labels.has(subdomain);
  }

  accountOf(label: string): Account | undefined {
    return this.accounts.get(this.labels.get(label) ?? '');
  }

  name(subdomain: string): StoredName {
    return { subdomain, rows: this.txt.get(subdomain) ?? [], version: this.changes.length };
  }

  remove(subdomain: string): RemovedName {
    this.txt.delete(subdomain);
    this.labels.delete(subdomain);
    return { subdomain, version: this.note(subdomain) };
  }
}

/** An AccountStore that forgets with the process: for tests of what stands above the port. */
export function createMemoryAccountStore(
  world: MemoryDatabase = new MemoryDatabase(),
  options: { readonly keepsBcrypt?: boolean } = {},
): AccountStore {
  let told: number | undefined;

  function changesSince(version: number): StoreChange {
    const labels = [...new Set(world.changes.slice(version))];
    const names = labels.filter((label) => world.hasLabel(label)).map((label) => world.name(label));
    const upTo = world.changes.length;
    const removed = labels.filter((label) => !world.hasLabel(label)).map((subdomain) => ({ subdomain, version: upTo }));
    return { kind: 'changed', upTo, names, removed };
  }

  return {
    keepsBcrypt: options.keepsBcrypt ?? false,
    async addAccount(account) {
      if (world.hasLabel(account.subdomain) || world.accounts.has(account.username))
        throw new DomainError('account-exists', 'the account is there already');
      world.accounts.set(account.username, account);
      world.labels.set(account.subdomain, account.username);
      return world.note(account.subdomain);
    },
    async findAccount(username) {
      return world.accounts.get(username);
    },
    async findAccountByLabel(subdomain) {
      return world.accountOf(subdomain);
    },
    async removeAccount(username) {
      const account = world.accounts.get(username);
      world.accounts.delete(username);
      return account && world.remove(account.subdomain);
    },
    async changeAccount(username, change) {
      const before = world.accounts.get(username);
      if (before === undefined) return undefined;
      const { key, allowFrom, createdAt } = change(before);
      const after = { ...before, key, allowFrom, createdAt };
      world.accounts.set(username, after);
      return after;
    },
    async *accounts() {
      yield [...world.accounts.values()];
    },
    async changeTxt(subdomain, change) {
      if (!world.hasLabel(subdomain)) return undefined;
      const before = world.txt.get(subdomain) ?? [];
      const rows = change(before);
      const { ownersUpdateAt } = txtDifference(before, rows);
      const account = world.accountOf(subdomain);
      if (account !== undefined && ownersUpdateAt !== undefined)
        world.accounts.set(account.username, { ...account, lastUpdateAt: ownersUpdateAt });
      world.txt.set(subdomain, rows);
      return { subdomain, rows, version: world.note(subdomain) };
    },
    async addDelegation(domain, subdomain) {
      const kept = world.delegations.get(domain);
      if (kept !== undefined) return world.name(kept);
      world.delegations.set(domain, subdomain);
      world.labels.set(subdomain, domain);
      return { ...world.name(subdomain), version: world.note(subdomain) };
    },
    async removeDelegation(domain) {
      const subdomain = world.delegations.get(domain);
      world.delegations.delete(domain);
      return subdomain === undefined ? undefined : world.remove(subdomain);
    },
    async *names() {
      told = world.changes.length;
      const labels = [...[...world.accounts.values()].map(({ subdomain }) => subdomain), ...world.delegations.values()];
      yield labels.map((subdomain) => world.name(subdomain));
    },
    untilTold: async () => {},
    async *changesByOthers(signal) {
      const changes = on(world.changed, 'change', { signal });
      try {
        for (let from = told ?? world.changes.length; ;) {
          const change = changesSince(from);
          from = world.changes.length;
          yield change;
          await changes.next();
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}
