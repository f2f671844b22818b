import { once } from 'node:events';
import type { DomainName } from '../../src/core/domain-name.ts';
import { DomainError } from '../../src/core/error.ts';
import type { Account, AccountStore, TxtRow } from '../../src/acmedns/ports.ts';

/** An AccountStore that forgets with the process: for tests of what stands above the port. */
export function createMemoryAccountStore(): AccountStore {
  const accounts = new Map<string, Account>();
  const txt = new Map<string, readonly TxtRow[]>();
  const delegations = new Map<DomainName, string>();

  return {
    async addAccount(account) {
      const taken = [...accounts.values()].some(({ subdomain }) => subdomain === account.subdomain);
      if (taken || accounts.has(account.username))
        throw new DomainError('account-exists', 'the account is there already');
      accounts.set(account.username, account);
    },
    async findAccount(username) {
      return accounts.get(username);
    },
    async removeAccount(username) {
      const account = accounts.get(username);
      if (account !== undefined) txt.delete(account.subdomain);
      accounts.delete(username);
      return account;
    },
    async changeTxt(subdomain, change) {
      const rows = change(txt.get(subdomain) ?? []);
      txt.set(subdomain, rows);
      return rows;
    },
    async addDelegation(domain, subdomain) {
      const kept = delegations.get(domain) ?? subdomain;
      delegations.set(domain, kept);
      return kept;
    },
    async removeDelegation(domain) {
      const subdomain = delegations.get(domain);
      if (subdomain !== undefined) txt.delete(subdomain);
      delegations.delete(domain);
      return subdomain;
    },
    async *names() {
      const labels = [...[...accounts.values()].map(({ subdomain }) => subdomain), ...delegations.values()];
      yield labels.map((subdomain) => ({ subdomain, rows: txt.get(subdomain) ?? [] }));
    },
    async *delegationsByOthers(signal) {
      yield [...delegations.values()].map((subdomain) => ({ subdomain, rows: txt.get(subdomain) ?? [] }));
      if (!signal.aborted) await once(signal, 'abort');
    },
  };
}
