import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, systemClock } from '../core/clock.ts';
import { DomainError, messageOf } from '../core/error.ts';
import type { Account, AccountStore, StoredName, TxtRow } from '../acmedns/ports.ts';
import { createCommitGroup } from './commit-group.ts';

type Row = Record<string, SQLOutputValue>;

/** Labels read at a time when all are read. */
const PAGE = 1024;
/** How often it is looked whether another process has written, in ms: one pragma, a few microseconds. */
const LOOK_EVERY = 50;
const SQLITE_CONSTRAINT = 19;

/** Accounts, TXT values and delegations in SQLite. `database` comes from openDatabase, and is closed by who opened it. */
export function createSqliteAccountStore(database: DatabaseSync, clock: Clock = systemClock): AccountStore {
  const group = createCommitGroup(database);
  const sql = prepare(database);

  function writeTxt(subdomain: string, before: readonly TxtRow[], after: readonly TxtRow[]): void {
    const old = new Map(before.map((row) => [row.value, row]));
    for (const row of after) {
      const same = old.get(row.value);
      old.delete(row.value);
      if (same?.updatedAt === row.updatedAt && same.held === row.held) continue;
      sql.putTxt.run(subdomain, row.value, row.updatedAt, Number(row.held));
    }
    for (const gone of old.keys()) sql.deleteTxt.run(subdomain, gone);
  }

  async function write<T>(work: () => T): Promise<T> {
    return group.run(work).catch((error: unknown) => {
      throw translated(error);
    });
  }

  return {
    async addAccount(account) {
      const { username, keyHash, subdomain, allowFrom, createdAt } = account;
      await write(() => sql.addAccount.run(username, keyHash, subdomain, JSON.stringify(allowFrom), createdAt));
    },
    findAccount(username) {
      return read(() => {
        const row = sql.findAccount.get(username);
        return row === undefined ? undefined : toAccount(row);
      });
    },
    removeAccount(username) {
      return write(() => {
        const row = sql.findAccount.get(username);
        if (row === undefined) return undefined;
        const account = toAccount(row);
        sql.deleteAllTxt.run(account.subdomain);
        sql.deleteAccount.run(username);
        return account;
      });
    },
    changeTxt(subdomain, change) {
      return write(() => {
        const before = sql.findTxt.all(subdomain).map(toTxtRow);
        const after = change(before);
        writeTxt(subdomain, before, after);
        return after;
      });
    },
    async addDelegation(domain, subdomain) {
      const kept = await read(() => sql.findDelegation.get(domain)?.['subdomain']);
      // The common case, and no commit: whatever can be read here is durable, since no transaction is open between turns.
      if (kept !== undefined) return String(kept);
      return write(() => {
        sql.addDelegation.run(domain, subdomain);
        return String(sql.findDelegation.get(domain)?.['subdomain']);
      });
    },
    removeDelegation(domain) {
      return write(() => {
        const row = sql.findDelegation.get(domain);
        if (row === undefined) return undefined;
        const subdomain = String(row['subdomain']);
        sql.deleteAllTxt.run(subdomain);
        sql.deleteDelegation.run(domain);
        return subdomain;
      });
    },
    async *names() {
      try {
        yield* pages(sql.accountLabels, sql.txtBetween);
        yield* pages(sql.delegationLabels, sql.txtBetween);
      } catch (error) {
        throw translated(error);
      }
    },
    async *delegationsByOthers(signal) {
      for (let seen: unknown; !signal.aborted;) {
        // A database that cannot be read now is asked again: what was changed meanwhile still shows then.
        const found = await read(() => delegationsUnless(seen)).catch(() => undefined);
        if (found !== undefined) {
          seen = found.version;
          yield found.names;
        }
        await clock.sleep(LOOK_EVERY, signal).catch(() => {});
      }
    },
  };

  function delegationsUnless(seen: unknown): { version: unknown; names: StoredName[] } | undefined {
    const version = sql.dataVersion.get()?.['data_version'];
    if (version === seen) return undefined;
    return { version, names: sql.delegationLabels.all('', -1).map((row) => storedName(row)) };
  }

  function storedName(row: Row): StoredName {
    const subdomain = String(row['subdomain']);
    return { subdomain, rows: sql.findTxt.all(subdomain).map(toTxtRow) };
  }
}

async function read<T>(work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    throw translated(error);
  }
}

type Statements = ReturnType<typeof prepare>;

function prepare(database: DatabaseSync) {
  return {
    addAccount: database.prepare('INSERT INTO accounts VALUES (?, ?, ?, ?, ?)'),
    findAccount: database.prepare('SELECT * FROM accounts WHERE username = ?'),
    deleteAccount: database.prepare('DELETE FROM accounts WHERE username = ?'),
    findTxt: database.prepare('SELECT value, updated_at, held FROM txt WHERE subdomain = ?'),
    putTxt: database.prepare('INSERT OR REPLACE INTO txt VALUES (?, ?, ?, ?)'),
    deleteTxt: database.prepare('DELETE FROM txt WHERE subdomain = ? AND value = ?'),
    deleteAllTxt: database.prepare('DELETE FROM txt WHERE subdomain = ?'),
    addDelegation: database.prepare('INSERT INTO delegations VALUES (?, ?) ON CONFLICT (domain) DO NOTHING'),
    findDelegation: database.prepare('SELECT subdomain FROM delegations WHERE domain = ?'),
    deleteDelegation: database.prepare('DELETE FROM delegations WHERE domain = ?'),
    accountLabels: database.prepare('SELECT subdomain FROM accounts WHERE subdomain > ? ORDER BY subdomain LIMIT ?'),
    delegationLabels: database.prepare(
      'SELECT subdomain FROM delegations WHERE subdomain > ? ORDER BY subdomain LIMIT ?',
    ),
    dataVersion: database.prepare('PRAGMA data_version'),
    txtBetween: database.prepare('SELECT * FROM txt WHERE subdomain > ? AND subdomain <= ?'),
  };
}

/** Page by page, so that a million labels are never in memory at once and the event loop goes on in between. */
async function* pages(
  labels: Statements['accountLabels'],
  txtBetween: Statements['txtBetween'],
): AsyncGenerator<readonly StoredName[]> {
  for (let last = ''; ;) {
    const page = labels.all(last, PAGE);
    if (page.length === 0) return;
    const names = page.map((row) => ({ subdomain: String(row['subdomain']), rows: [] as TxtRow[] }));
    const end = names.at(-1)?.subdomain ?? '';
    const bySubdomain = new Map(names.map((name) => [name.subdomain, name.rows]));
    for (const row of txtBetween.all(last, end)) bySubdomain.get(String(row['subdomain']))?.push(toTxtRow(row));
    yield names;
    last = end;
    await nextTurn();
  }
}

function toTxtRow(row: Row): TxtRow {
  return { value: String(row['value']), updatedAt: Number(row['updated_at']), held: row['held'] === 1 };
}

function toAccount(row: Row): Account {
  const keyHash = row['password'];
  const allowFrom: unknown = JSON.parse(String(row['allow_from']));
  if (!(keyHash instanceof Uint8Array) || !Array.isArray(allowFrom)) {
    throw new DomainError(
      'store-unavailable',
      `the row of account ${String(row['username'])} is damaged; restore a backup`,
    );
  }
  return {
    username: String(row['username']),
    keyHash,
    subdomain: String(row['subdomain']),
    allowFrom: allowFrom.map(String),
    createdAt: Number(row['created_at']),
  };
}

function translated(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  const primary = error instanceof Error && 'errcode' in error ? Number(error.errcode) % 256 : 0;
  if (primary === SQLITE_CONSTRAINT) {
    return new DomainError('account-exists', 'the username or the label is taken; choose another', { cause: error });
  }
  return new DomainError('store-unavailable', `the database cannot do its work: ${messageOf(error)}`, {
    retry: { kind: 'backoff' },
    cause: error,
  });
}
