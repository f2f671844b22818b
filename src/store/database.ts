import { DatabaseSync } from 'node:sqlite';
import { chmodSync, existsSync } from 'node:fs';
import { DomainError, messageOf } from '../core/error.ts';
import { migrations } from './migrations.ts';

/** How long a statement waits for another process that is writing, in ms. */
const BUSY_TIMEOUT = 5000;

/**
 * Opens (and creates, 0600) the SQLite file and brings its schema up to date. WAL with synchronous=FULL: a commit that
 * returned survives power loss.
 * @throws DomainError `store-unavailable`, `store-too-new`
 */
export function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync;
  try {
    const isNew = file !== ':memory:' && !existsSync(file);
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
    if (isNew) chmodSync(file, 0o600);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  } catch (error) {
    const hint = 'mend that, restore a backup, or name another data folder';
    throw new DomainError('store-unavailable', `the database ${file} cannot be opened: ${messageOf(error)}; ${hint}`, {
      cause: error,
    });
  }
  migrate(database, file);
  return database;
}

function migrate(database: DatabaseSync, file: string): void {
  const current = () => Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (current() > migrations.length) {
    database.close();
    throw new DomainError('store-too-new', `the database ${file} was written by a newer evercert; start that version`);
  }
  if (current() === migrations.length) return;
  inTransaction(database, () => {
    // Read again under the lock: another process may have migrated in between.
    for (const [index, migration] of migrations.entries()) {
      if (index < current()) continue;
      database.exec(migration);
      database.exec(`PRAGMA user_version = ${index + 1}`);
    }
  });
}

/** Runs `work` in one write transaction: all of it or none of it. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has rolled back by itself already when, for one, the disk is full.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
