import type { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../core/clock.ts';
import { inTransaction } from './database.ts';
import { importNames, withoutWriting } from './import-names.ts';
import type { Imported, ImportedName, ImportTarget, Skipped } from './import-names.ts';
import type { PostgresDatabase } from './postgres-database.ts';
import type { Needs } from './postgres-working-set.ts';
import { createWriteQueue } from './postgres-write-queue.ts';
import { toAccount } from './sqlite-account-store.ts';
import { createSqliteChanges } from './sqlite-changes.ts';
import { sqliteFault } from './sqlite-fault.ts';

/** Names brought into PostgreSQL by one transaction. */
const PART = 2000;

export interface ImportOptions {
  readonly names: readonly ImportedName[];
  readonly dryRun: boolean;
}

/** All of it or nothing; a running `serve` takes it up. @throws DomainError `store-unavailable` */
export function importIntoSqlite(database: DatabaseSync, { names, dryRun }: ImportOptions): Imported {
  try {
    return inTransaction(database, () => {
      const target = sqliteTarget(database);
      return importNames(dryRun ? withoutWriting(target) : target, names);
    });
  } catch (error) {
    throw sqliteFault(error);
  }
}

/**
 * The nodes that serve take it up. Part by part, each of them whole: no statement takes long however many names there are, and updates of
 * other accounts get in between. What was interrupted is to be done again. @throws DomainError `store-unavailable`
 */
export async function importIntoPostgres(
  database: PostgresDatabase,
  { names, dryRun }: ImportOptions,
): Promise<Imported> {
  const queue = createWriteQueue(database);
  const sum = { accounts: 0, delegations: 0, updated: 0, present: 0 };
  const skipped: Skipped[] = [];
  for (let at = 0; at < names.length; at += PART) {
    const part = names.slice(at, at + PART);
    const came = await queue.change(needsOf(part), (set) => importNames(dryRun ? withoutWriting(set) : set, part));
    for (const key of ['accounts', 'delegations', 'updated', 'present'] as const) sum[key] += came[key];
    skipped.push(...came.skipped);
  }
  return { ...sum, skipped };
}

function needsOf(names: readonly ImportedName[]): Needs {
  return {
    labels: names.map(({ subdomain }) => subdomain),
    usernames: names.flatMap(({ owner }) => ('username' in owner ? [owner.username] : [])),
    domains: names.flatMap(({ owner }) => ('domain' in owner ? [owner.domain] : [])),
  };
}

function sqliteTarget(database: DatabaseSync): ImportTarget {
  const { note } = createSqliteChanges({
    database,
    clock: systemClock,
    read: () => undefined,
    translated: sqliteFault,
  });
  const findAccount = database.prepare('SELECT * FROM accounts WHERE username = ?');
  const findDelegation = database.prepare('SELECT subdomain FROM delegations WHERE domain = ?');
  const findLabel = database.prepare(
    'SELECT 1 FROM accounts WHERE subdomain = ?1 UNION ALL SELECT 1 FROM delegations WHERE subdomain = ?1',
  );
  const addAccount = database.prepare(
    'INSERT INTO accounts (username, password, subdomain, allow_from, created_at, last_update_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const addDelegation = database.prepare('INSERT INTO delegations (domain, subdomain) VALUES (?, ?)');
  const deleteTxt = database.prepare('DELETE FROM txt WHERE subdomain = ? AND held = 0');
  const addTxt = database.prepare('INSERT OR IGNORE INTO txt (subdomain, value, updated_at, held) VALUES (?, ?, ?, 0)');
  const noteUpdate = database.prepare('UPDATE accounts SET last_update_at = ? WHERE subdomain = ?');
  return {
    account(username) {
      const row = findAccount.get(username);
      return row && toAccount(row);
    },
    delegation(domain) {
      const label = findDelegation.get(domain)?.['subdomain'];
      return label === undefined ? undefined : String(label);
    },
    hasLabel: (subdomain) => findLabel.get(subdomain) !== undefined,
    addAccount({ username, key, subdomain, allowFrom, createdAt, lastUpdateAt }) {
      addAccount.run(username, key.hash, subdomain, JSON.stringify(allowFrom), createdAt, lastUpdateAt ?? null);
      note(subdomain);
    },
    addDelegation(domain, subdomain) {
      addDelegation.run(domain, subdomain);
      note(subdomain);
    },
    changeRows(subdomain, rows) {
      deleteTxt.run(subdomain);
      for (const { value, updatedAt } of rows) addTxt.run(subdomain, value, updatedAt);
      if (rows.length > 0) noteUpdate.run(Math.max(...rows.map(({ updatedAt }) => updatedAt)), subdomain);
      note(subdomain);
    },
  };
}
