import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RemovedName, StoreChange, StoredName } from '../acmedns/ports.ts';
import type { Clock } from '../core/clock.ts';
import type { DomainError } from '../core/error.ts';

/** So many changes are kept. Who has missed more reads everything again. */
const KEPT = 100_000;
/** How often the oldest are deleted, in changes. */
const PRUNE_EVERY = 1024;
/** Changes told at a time, so that the event loop goes on in between. */
const PAGE = 1024;
/** How often it is looked whether another process has written, in ms: one pragma, a few microseconds. */
const LOOK_EVERY = 50;

/** The log of which label changed when, in the SQLite file itself. */
export interface SqliteChanges {
  /** Of the latest change. */
  version(): number;
  /** To be called in the transaction of the change. Resolves to its version. */
  note(subdomain: string): number;
  /** To be called when those who made the changes are told that they are durable. */
  settled(): void;
  /** What follow tells of begins here. */
  mark(): void;
  follow(signal: AbortSignal): AsyncIterable<StoreChange>;
}

export interface SqliteChangesOptions {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  /** How a label is now; undefined when nobody has it. */
  readonly read: (subdomain: string) => StoredName | undefined;
  readonly translated: (error: unknown) => DomainError;
  /** Where the log is. */
  readonly table?: 'changes' | 'evercert_changes';
  /** Others than evercert write there too, and tell nobody: when something was written and the log has nothing, all is read again. */
  readonly othersWrite?: boolean;
}

export function createSqliteChanges(options: SqliteChangesOptions): SqliteChanges {
  const { database, clock, read, translated, table = 'changes', othersWrite = false } = options;
  const insert = database.prepare(`INSERT INTO ${table} (subdomain) VALUES (?)`);
  const prune = database.prepare(`DELETE FROM ${table} WHERE version <= ?`);
  const ends = database.prepare(`SELECT min(version) AS oldest, max(version) AS latest FROM ${table}`);
  const latest = database.prepare(`SELECT max(version) AS latest FROM ${table}`);
  const after = database.prepare(`SELECT version, subdomain FROM ${table} WHERE version > ? ORDER BY version LIMIT ?`);
  const dataVersion = database.prepare('PRAGMA data_version');

  /** All that happened up to this version has been told. */
  let told: number | undefined;
  /** Of the database as it was when everything had been told; it does not count what this connection writes. */
  let seen: unknown;

  /** The first change of ours that whoever made it has not been told of yet: it can be read already, and is not served. */
  let unsettled: number | undefined;

  function version(): number {
    return Number(latest.get()?.['latest'] ?? 0);
  }

  /** undefined when there is nothing to tell. Reads all in one turn, so that what it says is how it is. */
  function look(): (StoreChange & { kind: 'changed'; more: boolean }) | { kind: 'reload' } | undefined {
    const now = dataVersion.get()?.['data_version'];
    const { oldest, latest: newest } = ends.get() ?? {};
    const upTo = Number(newest ?? 0);
    const from = told ?? upTo;
    if (now === seen) {
      const settledUpTo = Math.min(upTo, (unsettled ?? Infinity) - 1);
      if (settledUpTo <= from) return undefined;
      told = settledUpTo;
      return { kind: 'changed', upTo: told, names: [], removed: [], more: false };
    }
    if (upTo < from || (upTo > from && Number(oldest) > from + 1)) return { kind: 'reload' };
    const page = after.all(from, PAGE);
    if (page.length === 0 && othersWrite && seen !== undefined) return { kind: 'reload' };
    const labels = [...new Set(page.map((row) => String(row['subdomain'])))];
    const names: StoredName[] = [];
    const removed: RemovedName[] = [];
    for (const subdomain of labels) {
      const name = read(subdomain);
      if (name === undefined) removed.push({ subdomain, version: upTo });
      else names.push(name);
    }
    const more = page.length === PAGE;
    told = more ? Number(page.at(-1)?.['version']) : upTo;
    if (!more) seen = now;
    return { kind: 'changed', upTo: told, names, removed, more };
  }

  return {
    version,
    note(subdomain) {
      const noted = Number(insert.run(subdomain).lastInsertRowid);
      if (noted % PRUNE_EVERY === 0) prune.run(noted - KEPT);
      unsettled ??= noted;
      return noted;
    },
    settled() {
      unsettled = undefined;
    },
    mark() {
      told = version();
      seen = undefined;
    },
    async *follow(signal) {
      let lost = false;
      seen = undefined;
      while (!signal.aborted) {
        let found: ReturnType<typeof look>;
        try {
          found = look();
          lost = false;
        } catch (error) {
          // When it can be read again, what was changed meanwhile still shows.
          if (!lost) yield { kind: 'lost', error: translated(error) };
          lost = true;
          seen = undefined;
        }
        if (found !== undefined) yield found;
        if (found?.kind === 'changed' && found.more) await nextTurn();
        else await clock.sleep(LOOK_EVERY, signal).catch(() => {});
      }
    },
  };
}
