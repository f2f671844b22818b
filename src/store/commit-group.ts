import { setImmediate } from 'node:timers';
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './database.ts';

/** Bounds how long one transaction keeps the event loop. */
const MOST_PER_COMMIT = 256;

interface Entry {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Shares one COMMIT, and so one wait for the disk, between all writes that come in during one turn of the event loop.
 * Promise: `run` resolves after the COMMIT that holds its work, in the order of the calls; work that throws takes none of
 * its neighbours along.
 */
export interface CommitGroup {
  run<T>(work: () => T): Promise<T>;
}

export function createCommitGroup(database: DatabaseSync): CommitGroup {
  let waiting: Entry[] = [];

  function commit(): void {
    const group = waiting.slice(0, MOST_PER_COMMIT);
    waiting = waiting.slice(MOST_PER_COMMIT);
    if (waiting.length > 0) setImmediate(commit);
    try {
      const results = inTransaction(database, () => group.map((entry) => entry.work()));
      for (const [index, entry] of group.entries()) entry.resolve(results[index]);
    } catch (error) {
      if (group.length === 1) group[0]?.reject(error);
      else for (const entry of group) commitAlone(database, entry);
    }
  }

  return {
    run<T>(work: () => T): Promise<T> {
      return new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(commit);
        waiting.push({ work, resolve: (result) => resolve(result as T), reject });
      });
    },
  };
}

/** After a group has failed and been rolled back: each work has its own transaction, so that only the guilty one fails. */
function commitAlone(database: DatabaseSync, entry: Entry): void {
  try {
    entry.resolve(inTransaction(database, entry.work));
  } catch (error) {
    entry.reject(error);
  }
}
