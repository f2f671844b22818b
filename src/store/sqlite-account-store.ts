import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { type Clock, systemClock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import type { Account, AccountKey, AccountStore, StoredName, TxtRow } from '../acmedns/ports.ts';
import { createSqliteAccess } from './sqlite-access.ts';
import { createSqliteChanges } from './sqlite-changes.ts';
import { accountExists, sqliteFault } from './sqlite-fault.ts';
import { accountPages, namePages } from './sqlite-pages.ts';
import { txtDifference } from './txt-difference.ts';

type Row = Record<string, SQLOutputValue>;

const SHA256_OCTETS = 32;

/** Accounts, TXT values and delegations in SQLite. `database` comes from openDatabase, and is closed by who opened it. */
export function createSqliteAccountStore(database: DatabaseSync, clock: Clock = systemClock): AccountStore {
  const access = createSqliteAccess(database, () => changes.settled());
  const { read, write } = access;
  const sql = prepare(database);
  const changes = createSqliteChanges({ database, clock, read: readName, translated: sqliteFault });

  function writeTxt(subdomain: string, before: readonly TxtRow[], after: readonly TxtRow[]): boolean {
    const { put, gone, ownersUpdateAt } = txtDifference(before, after);
    for (const row of put) sql.putTxt.run(subdomain, row.value, row.updatedAt, Number(row.held));
    for (const value of gone) sql.deleteTxt.run(subdomain, value);
    if (ownersUpdateAt !== undefined) sql.noteUpdate.run(ownersUpdateAt, subdomain);
    return put.length > 0 || gone.length > 0;
  }

  function isLabel(subdomain: string): boolean {
    return sql.findLabel.get(subdomain) !== undefined;
  }

  function readName(subdomain: string): StoredName | undefined {
    // First, since another process may write in between: what is read is at least as late.
    const version = changes.version();
    if (!isLabel(subdomain)) return undefined;
    return { subdomain, rows: sql.findTxt.all(subdomain).map(toTxtRow), version };
  }

  return {
    keepsBcrypt: false,
    addAccount(account) {
      const { username, key, subdomain, allowFrom, createdAt, lastUpdateAt } = account;
      return write(() => {
        if (isLabel(subdomain)) throw accountExists();
        sql.addAccount.run(username, key.hash, subdomain, JSON.stringify(allowFrom), createdAt, lastUpdateAt ?? null);
        return changes.note(subdomain);
      });
    },
    findAccount(username) {
      return read(() => optionalAccount(sql.findAccount.get(username)));
    },
    findAccountByLabel(subdomain) {
      return read(() => optionalAccount(sql.findAccountByLabel.get(subdomain)));
    },
    removeAccount(username) {
      return write(() => {
        const row = sql.findAccount.get(username);
        if (row === undefined) return undefined;
        const subdomain = String(row['subdomain']);
        sql.deleteAllTxt.run(subdomain);
        sql.deleteAccount.run(username);
        return { subdomain, version: changes.note(subdomain) };
      });
    },
    changeAccount(username, change) {
      return write(() => {
        const before = optionalAccount(sql.findAccount.get(username));
        if (before === undefined) return undefined;
        const { key, allowFrom, createdAt } = change(before);
        sql.changeAccount.run(key.hash, JSON.stringify(allowFrom), createdAt, username);
        return { ...before, key, allowFrom, createdAt };
      });
    },
    accounts: () => accountPages(access, sql.accountsAfter, toAccount),
    changeTxt(subdomain, change) {
      return write(() => {
        if (!isLabel(subdomain)) return undefined;
        const before = sql.findTxt.all(subdomain).map(toTxtRow);
        const rows = change(before);
        const changed = writeTxt(subdomain, before, rows);
        return { subdomain, rows, version: changed ? changes.note(subdomain) : changes.version() };
      });
    },
    async addDelegation(domain, subdomain) {
      // The common case, and no commit.
      const kept = await read(() => delegationOf(domain));
      if (kept !== undefined) {
        await access.durable();
        return kept;
      }
      return write(() => {
        const now = delegationOf(domain);
        if (now !== undefined) return now;
        if (isLabel(subdomain)) throw accountExists();
        sql.addDelegation.run(domain, subdomain);
        return { subdomain, rows: [], version: changes.note(subdomain) };
      });
    },
    removeDelegation(domain) {
      return write(() => {
        const row = sql.findDelegation.get(domain);
        if (row === undefined) return undefined;
        const subdomain = String(row['subdomain']);
        sql.deleteAllTxt.run(subdomain);
        sql.deleteDelegation.run(domain);
        return { subdomain, version: changes.note(subdomain) };
      });
    },
    async *names() {
      try {
        changes.mark();
        const source = { version: () => changes.version(), rowsBetween };
        yield* namePages(sql.accountLabels, source);
        yield* namePages(sql.delegationLabels, source);
      } catch (error) {
        throw sqliteFault(error);
      }
    },
    changesByOthers: (signal) => changes.follow(signal),
    untilTold: async () => {},
  };

  function delegationOf(domain: string): StoredName | undefined {
    const row = sql.findDelegation.get(domain);
    return row && readName(String(row['subdomain']));
  }

  function rowsBetween(last: string, end: string) {
    const rows = Map.groupBy(sql.txtBetween.all(last, end), (row) => String(row['subdomain']));
    return (subdomain: string) => (rows.get(subdomain) ?? []).map(toTxtRow);
  }
}

const LABELS = 'subdomain > ? ORDER BY subdomain LIMIT ?';

function prepare(database: DatabaseSync) {
  return {
    addAccount: database.prepare(
      'INSERT INTO accounts (username, password, subdomain, allow_from, created_at, last_update_at) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    findAccount: database.prepare('SELECT * FROM accounts WHERE username = ?'),
    findAccountByLabel: database.prepare('SELECT * FROM accounts WHERE subdomain = ?'),
    accountsAfter: database.prepare('SELECT * FROM accounts WHERE username > ? ORDER BY username LIMIT ?'),
    changeAccount: database.prepare(
      'UPDATE accounts SET password = ?, allow_from = ?, created_at = ? WHERE username = ?',
    ),
    noteUpdate: database.prepare('UPDATE accounts SET last_update_at = ? WHERE subdomain = ?'),
    deleteAccount: database.prepare('DELETE FROM accounts WHERE username = ?'),
    findLabel: database.prepare(
      'SELECT 1 FROM accounts WHERE subdomain = ?1 UNION ALL SELECT 1 FROM delegations WHERE subdomain = ?1',
    ),
    findTxt: database.prepare('SELECT value, updated_at, held FROM txt WHERE subdomain = ?'),
    putTxt: database.prepare('INSERT OR REPLACE INTO txt VALUES (?, ?, ?, ?)'),
    deleteTxt: database.prepare('DELETE FROM txt WHERE subdomain = ? AND value = ?'),
    deleteAllTxt: database.prepare('DELETE FROM txt WHERE subdomain = ?'),
    addDelegation: database.prepare('INSERT INTO delegations VALUES (?, ?)'),
    findDelegation: database.prepare('SELECT subdomain FROM delegations WHERE domain = ?'),
    deleteDelegation: database.prepare('DELETE FROM delegations WHERE domain = ?'),
    accountLabels: database.prepare(`SELECT subdomain FROM accounts WHERE ${LABELS}`),
    delegationLabels: database.prepare(`SELECT subdomain FROM delegations WHERE ${LABELS}`),
    txtBetween: database.prepare('SELECT * FROM txt WHERE subdomain > ? AND subdomain <= ?'),
  };
}

function toTxtRow(row: Row): TxtRow {
  return { value: String(row['value']), updatedAt: Number(row['updated_at']), held: row['held'] === 1 };
}

function optionalAccount(row: Row | undefined): Account | undefined {
  return row && toAccount(row);
}

/** A row of accounts. @throws DomainError `store-damaged` */
export function toAccount(row: Row): Account {
  const key = toKey(row['password']);
  const allowFrom: unknown = JSON.parse(String(row['allow_from']));
  if (key === undefined || !Array.isArray(allowFrom)) {
    const username = String(row['username']);
    throw new DomainError('store-damaged', `the row of account ${username} is damaged; restore a backup`);
  }
  const lastUpdateAt = row['last_update_at'];
  return {
    username: String(row['username']),
    key,
    subdomain: String(row['subdomain']),
    allowFrom: allowFrom.map(String),
    createdAt: Number(row['created_at']),
    ...(typeof lastUpdateAt === 'number' && { lastUpdateAt }),
  };
}

/** A SHA-256 is a BLOB; bcrypt is TEXT. */
function toKey(password: SQLOutputValue | undefined): AccountKey | undefined {
  if (typeof password === 'string') return { kind: 'bcrypt', hash: password };
  if (password instanceof Uint8Array && password.length === SHA256_OCTETS) return { kind: 'sha256', hash: password };
  return undefined;
}
