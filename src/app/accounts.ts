import { createChallengeZone } from '../acmedns/challenge-zone.ts';
import type { ChallengeZone, Registration } from '../acmedns/challenge-zone.ts';
import type { Account, AccountStore } from '../acmedns/ports.ts';
import { parseUsername } from '../acmedns/username.ts';
import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import { createNameTable } from '../dns/name-table.ts';
import type { OperatorChange } from '../telemetry/audit-log.ts';
import { loadSource } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { openDataFolder } from './data-folder.ts';
import { openOperatorLog } from './operator-log.ts';
import { withCleanup } from './with-cleanup.ts';

/** What may be shown of an account; nothing secret. Times in ms since the epoch. */
export interface AccountSummary {
  readonly username: string;
  readonly subdomain: string;
  readonly fulldomain: string;
  readonly allowFrom: readonly string[];
  /** undefined when nobody knows: taken over from acme-dns. */
  readonly createdAt: number | undefined;
  readonly lastUpdateAt: number | undefined;
  /** bcrypt until the owner has used the account once, for one that acme-dns made. */
  readonly key: Account['key']['kind'];
}

/**
 * The accounts of the API, for the operator of the server. A `serve` on the same data sees each change within a moment.
 * Every method throws DomainError `unknown-account` when there is none by that username, label or full name.
 */
export interface Accounts {
  /** Every account once, in pages. */
  list(): AsyncIterable<readonly AccountSummary[]>;
  show(account: string): Promise<AccountSummary>;
  /** @throws DomainError `invalid-allow-from` */
  add(allowFrom: readonly string[]): Promise<Registration>;
  /** The account, its label and its values are gone: the CNAMEs that lead there answer no challenge any more. */
  remove(account: string): Promise<AccountSummary>;
  /** A new key; the old one opens the account no more. */
  rotate(account: string): Promise<Registration>;
  /** Replaces the allow list. @throws DomainError `invalid-allow-from` */
  allow(account: string, allowFrom: readonly string[]): Promise<AccountSummary>;
}

/** @throws DomainError `invalid-config` without a zone, `store-unavailable` */
export async function withAccounts<T>(
  source: ConfigSource,
  clock: Clock,
  work: (accounts: Accounts) => Promise<T>,
): Promise<T> {
  const loaded = await loadSource(source);
  const { config } = loaded;
  if (config.zone === undefined) {
    const message =
      'accounts belong to a challenge zone, and the configuration has no [zone]; name its file by --config';
    throw new DomainError('invalid-config', message);
  }
  const { name: origin } = config.zone;
  return await withCleanup(async (later) => {
    const folder = await openDataFolder(config.data, loaded);
    later(() => folder.close());
    const store = folder.zoneStore;
    // Nothing is served from here: the table is only where the zone puts the label of its own changes.
    const zone = createChallengeZone({ origin, names: createNameTable({ clock }), store, clock });
    return await work(logged(accountsOf(zone, store), () => openOperatorLog(loaded, source)));
  });
}

/** Each change is in the log, which is opened before it. */
function logged(accounts: Accounts, open: () => ReturnType<typeof openOperatorLog>): Accounts {
  async function tell<T extends Registration | AccountSummary>(
    operation: OperatorChange['operation'],
    change: () => Promise<T>,
  ): Promise<T> {
    const log = await open();
    const changed = await change();
    log({ operation, username: changed.username, subdomain: changed.subdomain });
    return changed;
  }
  return {
    list: () => accounts.list(),
    show: (account) => accounts.show(account),
    add: (allowFrom) => tell('register', () => accounts.add(allowFrom)),
    remove: (account) => tell('deregister', () => accounts.remove(account)),
    rotate: (account) => tell('rotate', () => accounts.rotate(account)),
    allow: (account, allowFrom) => tell('change', () => accounts.allow(account, allowFrom)),
  };
}

function accountsOf(zone: ChallengeZone, store: AccountStore): Accounts {
  async function find(text: string): Promise<Account> {
    const username = parseUsername(text);
    const asked = text.replace(/\.$/, '');
    const end = `.${zone.origin}`;
    const label = asked.toLowerCase().endsWith(end) ? asked.slice(0, -end.length) : asked;
    const found =
      (username === undefined ? undefined : await store.findAccount(username)) ??
      (await store.findAccountByLabel(label));
    if (found !== undefined) return found;
    const message = `there is no account "${text}"; give its username, its label or its full name, as "evercert accounts list" shows them`;
    throw new DomainError('unknown-account', message);
  }
  /** What a change of the account that was just found came to; somebody else may have removed it in between. */
  function still<T>(text: string, changed: T | undefined): T {
    if (changed !== undefined) return changed;
    throw new DomainError('unknown-account', `the account "${text}" was removed by somebody else just now`);
  }
  const summary = (account: Account): AccountSummary => ({
    username: account.username,
    subdomain: account.subdomain,
    fulldomain: `${account.subdomain}.${zone.origin}`,
    allowFrom: account.allowFrom,
    createdAt: account.createdAt === 0 ? undefined : account.createdAt,
    lastUpdateAt: account.lastUpdateAt,
    key: account.key.kind,
  });
  return {
    async *list() {
      for await (const page of store.accounts()) yield page.map(summary);
    },
    show: async (text) => summary(await find(text)),
    add: (allowFrom) => zone.register(allowFrom),
    async remove(text) {
      const account = await find(text);
      await zone.removeAccount(account.username);
      return summary(account);
    },
    rotate: async (text) => still(text, await zone.rotateKey((await find(text)).username)),
    allow: async (text, allowFrom) =>
      summary(still(text, await zone.changeAllowFrom((await find(text)).username, allowFrom))),
  };
}
