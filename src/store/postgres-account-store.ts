import type { QueryResultRow } from 'pg';
import type { Account, AccountStore, StoredName } from '../acmedns/ports.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import { createBatchedRead } from './batched-read.ts';
import { createPostgresChanges } from './postgres-changes.ts';
import type { PostgresDatabase } from './postgres-database.ts';
import { createPostgresNodes } from './postgres-nodes.ts';
import { toAccount, toTxtRows, txtColumn } from './postgres-rows.ts';
import type { WorkingSet } from './postgres-working-set.ts';
import { createWriteQueue, type WriteQueue } from './postgres-write-queue.ts';

/** Labels or accounts read at a time when all are read. */
const PAGE = 5000;

/** Accounts, TXT values and delegations in PostgreSQL. `database` has our schema, and is closed by who opened it. */
export function createPostgresAccountStore(
  database: PostgresDatabase,
  clock: Clock = systemClock,
  { change }: WriteQueue = createWriteQueue(database),
): AccountStore {
  const nodes = createPostgresNodes(database);
  const changes = createPostgresChanges(database, nodes, clock);
  const findAccounts = createBatchedRead(async (usernames: readonly string[]) => {
    const rows = await database.run('SELECT * FROM evercert.accounts WHERE username = ANY($1)', [usernames]);
    return new Map(rows.map((row) => [String(row['username']), toAccount(row)]));
  });

  return {
    keepsBcrypt: false,
    addAccount(account) {
      const { username, subdomain } = account;
      return change({ usernames: [username], labels: [subdomain] }, (set) => {
        if (set.account(username) !== undefined || set.hasLabel(subdomain)) throw taken();
        return set.addAccount(account);
      });
    },
    findAccount: findAccounts,
    async findAccountByLabel(subdomain) {
      const [row] = await database.run('SELECT * FROM evercert.accounts WHERE subdomain = $1', [subdomain]);
      return row && toAccount(row);
    },
    removeAccount(username) {
      return change({ usernames: [username] }, (set) => {
        const account = set.account(username);
        if (account === undefined) return undefined;
        return { subdomain: account.subdomain, version: set.removeAccount(account) };
      });
    },
    changeAccount(username, rule) {
      return change({ usernames: [username] }, (set) => {
        const before = set.account(username);
        if (before === undefined) return undefined;
        const { key, allowFrom, createdAt } = rule(before);
        const after: Account = { ...before, key, allowFrom, createdAt };
        set.changeAccount(after);
        return after;
      });
    },
    async *accounts() {
      for (let last = ''; ;) {
        const page = (await database.run(ACCOUNTS, [last, PAGE])).map(toAccount);
        if (page.length === 0) return;
        yield page;
        last = page.at(-1)?.username ?? '';
      }
    },
    changeTxt(subdomain, rule) {
      return change({ labels: [subdomain] }, (set) => {
        if (!set.hasLabel(subdomain)) return undefined;
        const rows = rule(set.rows(subdomain));
        return { subdomain, rows, version: set.changeRows(subdomain, rows) };
      });
    },
    async addDelegation(domain, subdomain) {
      // The common case, and nobody has to wait for the lock of the clock.
      const [kept] = await database.run(DELEGATION, [domain]);
      if (kept !== undefined) return toName(kept);
      return await change({ domains: [domain], labels: [subdomain] }, (set) => {
        const now = delegationOf(set, domain);
        if (now !== undefined) return now;
        if (set.hasLabel(subdomain)) throw taken();
        return { subdomain, rows: [], version: set.addDelegation(domain, subdomain) };
      });
    },
    removeDelegation(domain) {
      return change({ domains: [domain] }, (set) => {
        const subdomain = set.delegation(domain);
        return subdomain === undefined ? undefined : { subdomain, version: set.removeDelegation(domain, subdomain) };
      });
    },
    async *names() {
      const [now] = await database.run('SELECT version FROM evercert.clock');
      changes.begin(Number(now?.['version']));
      for (const table of ['accounts', 'delegations']) {
        for (let last = ''; ;) {
          const names = (await database.run(namesIn(table), [last, PAGE])).map(toName);
          if (names.length === 0) break;
          yield names;
          last = names.at(-1)?.subdomain ?? '';
        }
      }
    },
    changesByOthers: (signal) => changes.follow(signal),
    untilTold: (version) => nodes.untilTold(version),
  };
}

const ACCOUNTS = 'SELECT * FROM evercert.accounts WHERE username > $1 ORDER BY username LIMIT $2';

/** One statement sees one moment: the names are as they were at the version that it shows. */
function namesIn(table: string): string {
  return `
    WITH page AS (SELECT subdomain FROM evercert.${table} WHERE subdomain > $1 ORDER BY subdomain LIMIT $2)
    SELECT page.subdomain, ${txtColumn('page.subdomain')}, (SELECT version FROM evercert.clock) AS version
    FROM page ORDER BY page.subdomain`;
}

const DELEGATION = `
  SELECT delegations.subdomain, ${txtColumn('delegations.subdomain')}, (SELECT version FROM evercert.clock) AS version
  FROM evercert.delegations WHERE domain = $1`;

function toName(row: QueryResultRow): StoredName {
  return { subdomain: String(row['subdomain']), rows: toTxtRows(row), version: Number(row['version']) };
}

function delegationOf(set: WorkingSet, domain: string): StoredName | undefined {
  const subdomain = set.delegation(domain);
  return subdomain === undefined ? undefined : { subdomain, rows: set.rows(subdomain), version: set.version };
}

function taken(): DomainError {
  return new DomainError('account-exists', 'the username or the label is taken; choose another');
}
