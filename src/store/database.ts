import { DatabaseSync } from 'node:sqlite';
import { chmodSync, closeSync, existsSync, fdatasync, openSync } from 'node:fs';
import { DomainError } from '../core/error.ts';
import { migrations } from './migrations.ts';
import { sqliteReason } from './sqlite-reason.ts';

/** How long a statement waits for another process that is writing, in ms. */
const BUSY_TIMEOUT = 5000;

/**
 * Pages of 4 KiB in the log before SQLite moves them into the file, and waits for the disk: the larger, the more rarely. 64 MB at most.
 */
const LOG_PAGES = 16_000;

/** A database with a write-ahead log, that can be synced without the event loop waiting for the disk. */
export class LoggedDatabase extends DatabaseSync {
  #log: number | undefined;

  /**
   * Resolves when every COMMIT up to now would survive power loss: what SQLite does at each COMMIT itself with synchronous = FULL
   * (sqlite.org/pragma.html#pragma_synchronous), for those made with NORMAL.
   */
  syncLog(): Promise<void> {
    const log = (this.#log ??= openSync(`${this.location() ?? ''}-wal`, 'r+'));
    return new Promise((resolve, reject) => {
      fdatasync(log, (error) => {
        // Who closes the database has all of the log moved into the file, and that synced.
        if (error === null || !this.isOpen) resolve();
        else reject(error);
      });
    });
  }

  override close(): void {
    super.close();
    if (this.#log !== undefined) closeSync(this.#log);
    this.#log = undefined;
  }
}

/**
 * Opens (and creates, 0600) the SQLite file and brings its schema up to date. WAL with synchronous=FULL: a commit that
 * returned survives power loss.
 * @throws DomainError `store-unavailable`, `store-too-new`
 */
export function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    const isNew = file !== ':memory:' && !existsSync(file);
    const kind = file === ':memory:' ? DatabaseSync : LoggedDatabase;
    database = new kind(file, { timeout: BUSY_TIMEOUT });
    if (isNew) chmodSync(file, 0o600);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    database.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
    migrate(database, file);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof DomainError) throw error;
    const hint = 'mend that, restore a backup, or name another data folder';
    throw new DomainError(
      'store-unavailable',
      `the database ${file} cannot be opened: ${sqliteReason(error)}; ${hint}`,
      {
        cause: error,
      },
    );
  }
}

function migrate(database: DatabaseSync, file: string): void {
  const current = () => Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (current() > migrations.length) {
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
