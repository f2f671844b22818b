import type { DomainError } from '../core/error.ts';
import type { PostgresDatabase, RunSql } from './postgres-database.ts';
import { isRefusal, storeUnavailable } from './postgres-fault.ts';
import { type Needs, readWorkingSet, type WorkingSet } from './postgres-working-set.ts';

/** What waits for the way to the database and back is shared by so many changes at most. */
const MOST_PER_COMMIT = 512;
/** So many changes are kept for other nodes. Who has missed more reads everything again. */
const KEPT = 100_000;
/** How often the oldest are deleted, in changes. */
const PRUNE_EVERY = 1024;

export const CHANNEL = 'evercert_changes';

interface Entry {
  readonly needs: Needs;
  readonly work: (set: WorkingSet) => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome = { readonly result: unknown } | { readonly error: unknown };

/** Keeps something else in step with every change, in the same transaction. */
export interface Mirror {
  /** What was changed there is changed here too, before all else. */
  read(run: RunSql, set: WorkingSet, needs: readonly Needs[]): Promise<void>;
  write(run: RunSql, set: WorkingSet): Promise<void>;
}

/**
 * All changes of this process, in the order of the calls. While one group of them is under way the next gathers; so however many there
 * are, few transactions are made. A change resolves after its COMMIT.
 */
export interface WriteQueue {
  /** `work` looks before it changes anything: one that throws takes none of its neighbours along. It may be run again. */
  change<T>(needs: Needs, work: (set: WorkingSet) => T): Promise<T>;
}

export function createWriteQueue(database: PostgresDatabase, mirror?: Mirror): WriteQueue {
  let waiting: Entry[] = [];
  let isBusy = false;

  async function drain(): Promise<void> {
    isBusy = true;
    while (waiting.length > 0) {
      const group = waiting.slice(0, MOST_PER_COMMIT);
      waiting = waiting.slice(MOST_PER_COMMIT);
      const away = await commit(group);
      // What came meanwhile would wait as long, in vain.
      if (away !== undefined) for (const entry of waiting.splice(0)) entry.reject(away);
    }
    isBusy = false;
  }

  /** Resolves to why the database is away, when it is. */
  async function commit(group: readonly Entry[]): Promise<DomainError | undefined> {
    try {
      const outcomes = await commitTogether(database, group, mirror);
      for (const [index, outcome] of outcomes.entries()) settle(group[index], outcome);
      return undefined;
    } catch (thrown) {
      const error = storeUnavailable(thrown);
      // A statement that PostgreSQL refuses is the fault of one of them: each for itself, so that only the guilty one fails.
      if (group.length > 1 && isOneOfThem(error)) {
        for (const entry of group) await commit([entry]);
        return undefined;
      }
      for (const entry of group) entry.reject(error);
      return isOneOfThem(error) ? undefined : error;
    }
  }

  return {
    change<T>(needs: Needs, work: (set: WorkingSet) => T): Promise<T> {
      return new Promise((resolve, reject) => {
        waiting.push({ needs, work, resolve: (result) => resolve(result as T), reject });
        if (!isBusy) {
          isBusy = true;
          setImmediate(() => void drain());
        }
      });
    },
  };
}

function settle(entry: Entry | undefined, outcome: Outcome): void {
  if ('error' in outcome) entry?.reject(outcome.error);
  else entry?.resolve(outcome.result);
}

function isOneOfThem(error: DomainError): boolean {
  return isRefusal(error) || error.code === 'store-damaged';
}

async function commitTogether(
  database: PostgresDatabase,
  group: readonly Entry[],
  mirror: Mirror | undefined,
): Promise<Outcome[]> {
  return await database.transaction(
    async (run, [clock]) => {
      const before = Number(clock?.['version']);
      const needs = group.map((entry) => entry.needs);
      const set = await readWorkingSet(run, needs, before);
      await mirror?.read(run, set, needs);
      const outcomes = group.map(({ work }): Outcome => {
        try {
          return { result: work(set) };
        } catch (error) {
          return { error };
        }
      });
      await set.write(run);
      await mirror?.write(run, set);
      await prune(run, before, set.version);
      return outcomes;
    },
    {
      first: 'SELECT version FROM evercert.clock FOR UPDATE;',
      last: `NOTIFY ${CHANNEL};`,
    },
  );
}

async function prune(run: RunSql, before: number, after: number): Promise<void> {
  if (Math.floor(before / PRUNE_EVERY) === Math.floor(after / PRUNE_EVERY) || after <= KEPT) return;
  await run('DELETE FROM evercert.changes WHERE version <= $1', [after - KEPT]);
  await run('UPDATE evercert.clock SET pruned = $1', [after - KEPT]);
}
