import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Held until `release`, or until the process ends in whatever way: the kernel frees it. */
export interface ProcessLock {
  release(): void;
}

/**
 * Takes the lock that `file` stands for, or returns undefined when another process has it. SQLite's own file lock does the
 * work, since Node has no flock: it is freed by the kernel when the holder is killed, so nothing stale can stay behind.
 */
export function tryProcessLock(file: string): ProcessLock | undefined {
  makePrivate(file);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
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
