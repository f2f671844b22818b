import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { DomainError } from '../core/error.ts';
import { sqliteReason } from './sqlite-reason.ts';

/**
 * Writes a database as it is at one instant into a new file (0600), while others go on reading and writing it. It is synced when this
 * returns. @throws DomainError `store-unavailable`; the file may be there then, and is of no use
 */
export function snapshotDatabase(from: string, file: string): void {
  try {
    const database = new DatabaseSync(from, { readOnly: true, timeout: 5000 });
    try {
      database.prepare('VACUUM INTO ?').run(file);
    } finally {
      database.close();
    }
    chmodSync(file, 0o600);
  } catch (error) {
    throw new DomainError(
      'store-unavailable',
      `the database ${from} cannot be copied to ${file}: ${sqliteReason(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** Reads all of a database file and says what is wrong with it, or undefined. Changes nothing. */
export function findDamage(file: string): string | undefined {
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const found = database.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
      return found === 'ok' ? undefined : String(found);
    } finally {
      database.close();
    }
  } catch (error) {
    return sqliteReason(error);
  }
}
