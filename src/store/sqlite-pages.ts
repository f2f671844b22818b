import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Account, StoredName, TxtRow } from '../acmedns/ports.ts';
import type { SqliteAccess } from './sqlite-access.ts';

/** Labels or accounts read at a time when all are read. */
const PAGE = 1024;

type ToAccount = (row: Record<string, SQLOutputValue>) => Account;

/** Every account once. `after` is asked for usernames after one, and how many. */
export async function* accountPages(
  { read }: SqliteAccess,
  after: StatementSync,
  toAccount: ToAccount,
): AsyncGenerator<readonly Account[]> {
  for (let last = ''; ;) {
    const page = await read(() => after.all(last, PAGE).map(toAccount));
    if (page.length === 0) return;
    yield page;
    last = page.at(-1)?.username ?? '';
  }
}

export interface NameSource {
  /** Of the latest change. */
  readonly version: () => number;
  /** The rows by label, of those after `last` and up to `end`. */
  readonly rowsBetween: (last: string, end: string) => (subdomain: string) => readonly TxtRow[];
}

/**
 * Every label once, so that a million of them are never in memory at the same time and the event loop goes on in between. `after` is asked
 * for labels after one, and how many.
 */
export async function* namePages(
  after: StatementSync,
  { version, rowsBetween }: NameSource,
): AsyncGenerator<readonly StoredName[]> {
  for (let last = ''; ;) {
    // First, since another process may write in between: what is read is at least as late.
    const at = version();
    const labels = after.all(last, PAGE).map((row) => String(row['subdomain']));
    const end = labels.at(-1);
    if (end === undefined) return;
    const rowsOf = rowsBetween(last, end);
    yield labels.map((subdomain) => ({ subdomain, rows: rowsOf(subdomain), version: at }));
    last = end;
    await nextTurn();
  }
}
