import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction, LoggedDatabase } from './database.ts';

/** Bounds how long one transaction keeps the event loop. */
const MOST_PER_COMMIT = 256;

interface Entry {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What a work came to, to be told once it is durable. */
type Outcome = { readonly result: unknown } | { readonly error: unknown };

/**
 * Shares one COMMIT, and so one wait for the disk, between all writes that come in during one turn of the event loop, or while the disk is
 * busy with those before them. Promise: `run` resolves once the COMMIT that holds its work would survive power loss, in the order of the
 * calls; work that throws takes none of its neighbours along.
 */
export interface CommitGroup {
  run<T>(work: () => T): Promise<T>;
  /** Resolves when all that can be read is durable: between COMMIT and the disk's answer it can be read already. */
  durable(): Promise<void>;
}

/** `settled` is called right before those who have waited for a COMMIT are told. */
export function createCommitGroup(database: DatabaseSync, settled: () => void = () => {}): CommitGroup {
  let waiting: Entry[] = [];
  let committing: Promise<void> | undefined;

  async function commitAll(): Promise<void> {
    while (waiting.length > 0) {
      await nextTurn();
      const group = waiting.slice(0, MOST_PER_COMMIT);
      waiting = waiting.slice(MOST_PER_COMMIT);
      await commit(group);
    }
    committing = undefined;
  }

  async function commit(group: readonly Entry[]): Promise<void> {
    // A rollback journal (acme-dns' own file), or memory: there a COMMIT syncs by itself.
    if (!(database instanceof LoggedDatabase)) return settle(group, write(database, group));
    let outcomes: readonly Outcome[];
    try {
      outcomes = writeUnsynced(database, group);
      await database.syncLog();
    } catch (error) {
      outcomes = group.map(() => ({ error }));
    }
    settle(group, outcomes);
  }

  function settle(group: readonly Entry[], outcomes: readonly Outcome[]): void {
    settled();
    for (const [index, entry] of group.entries()) {
      const outcome = outcomes[index] ?? { error: new Error('a write without an outcome') };
      if ('error' in outcome) entry.reject(outcome.error);
      else entry.resolve(outcome.result);
    }
  }

  return {
    run<T>(work: () => T): Promise<T> {
      return new Promise((resolve, reject) => {
        waiting.push({ work, resolve: (result) => resolve(result as T), reject });
        committing ??= commitAll();
      });
    },
    durable: () => committing ?? Promise.resolve(),
  };
}

/** The event loop shall not wait for the disk: a thread syncs what is written here. For others on this connection nothing changes. */
function writeUnsynced(database: DatabaseSync, group: readonly Entry[]): readonly Outcome[] {
  database.exec('PRAGMA synchronous = NORMAL');
  try {
    return write(database, group);
  } finally {
    database.exec('PRAGMA synchronous = FULL');
  }
}

function write(database: DatabaseSync, group: readonly Entry[]): readonly Outcome[] {
  try {
    return inTransaction(database, () => group.map(({ work }) => ({ result: work() })));
  } catch (error) {
    return group.length === 1 ? [{ error }] : group.map((entry) => writeAlone(database, entry));
  }
}

/** After a group has failed and been rolled back: each work has its own transaction, so that only the guilty one fails. */
function writeAlone(database: DatabaseSync, { work }: Entry): Outcome {
  try {
    return { result: inTransaction(database, work) };
  } catch (error) {
    return { error };
  }
}
