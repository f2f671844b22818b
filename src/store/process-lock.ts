import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { DomainError } from '../core/error.ts';
import { sqliteReason } from './sqlite-reason.ts';

/** Held until `release`, or until the process ends in whatever way: the kernel frees it. */
export interface ProcessLock {
  release(): void;
}

/**
 * Takes the lock that `file` stands for, or returns undefined when another process has it. SQLite's own file lock does the
 * work, since Node has no flock: it is freed by the kernel when the holder is killed, so nothing stale can stay behind.
 * @throws DomainError `store-unavailable`
 */
export function tryProcessLock(file: string): ProcessLock | undefined {
  makePrivate(file);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    const held = database;
    return { release: () => held.close() };
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    const message = `the lock ${file} cannot be taken: ${sqliteReason(error)}; mend that, or name another data folder`;
    throw new DomainError('store-unavailable', message, { retry: { kind: 'backoff' }, cause: error });
  }
}

/** Only when it is not there: to open and close a file that this process has locked would free the lock (fcntl(2)). */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch {
    // It is there; or it cannot be made, and then SQLite says why.
  }
}

function isBusy(error: unknown): boolean {
  const SQLITE_BUSY = 5;
  return error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === SQLITE_BUSY;
}
