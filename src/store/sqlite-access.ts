import type { DatabaseSync } from 'node:sqlite';
import { createCommitGroup } from './commit-group.ts';
import { sqliteFault } from './sqlite-fault.ts';

/** What is read and written on one connection; whatever SQLite throws is told in our words. */
export interface SqliteAccess {
  read<T>(work: () => T): Promise<T>;
  /** In a transaction, which it may share: resolves once that is durable. */
  write<T>(work: () => T): Promise<T>;
  /** Resolves when all that can be read is durable. */
  durable(): Promise<void>;
}

/** `settled` is called right before those who have waited for a COMMIT are told. */
export function createSqliteAccess(database: DatabaseSync, settled: () => void): SqliteAccess {
  const group = createCommitGroup(database, settled);
  return {
    async read(work) {
      try {
        return work();
      } catch (error) {
        throw sqliteFault(error);
      }
    },
    async write(work) {
      return group.run(work).catch((error: unknown) => {
        throw sqliteFault(error);
      });
    },
    durable: () => group.durable(),
  };
}
