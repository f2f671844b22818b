import type { TxtRow } from './ports.ts';

/*
 * Which TXT values live at one label.
 *
 * acme-dns keeps two slots and overwrites the older one, so an order with more than two values at one name can never be
 * answered, and a client's retry of one value pushes the other out. Here the two newest always live, as there; further ones
 * live while they are fresh; an equal value is the same value, updated.
 */

/** This many live however old they are: the rolling rule that clients of acme-dns rely on. */
const ALWAYS_LIVE = 2;
/** Further values live this long, in ms: longer than any order waits for its validation to begin. */
export const FRESH_FOR = 10 * 60_000;
/** What one account can make us keep and serve. */
export const MOST_VALUES = 100;

/** The rows after an update with `value`; newest first. */
export function addValue(rows: readonly TxtRow[], value: string, now: number): TxtRow[] {
  return liveRows(put(rows, value, now, false), now);
}

/** The rows with all `values` there until they are released; newest first. */
export function holdValues(rows: readonly TxtRow[], values: readonly string[], now: number): TxtRow[] {
  return liveRows(
    values.reduce<readonly TxtRow[]>((before, value) => put(before, value, now, true), rows),
    now,
  );
}

/** The rows without `values`; newest first. */
export function releaseValues(rows: readonly TxtRow[], values: readonly string[], now: number): TxtRow[] {
  const released = new Set(values);
  return liveRows(
    rows.filter((row) => !released.has(row.value)),
    now,
  );
}

/** The rows that are served at `now`, newest first. */
export function liveRows(rows: readonly TxtRow[], now: number): TxtRow[] {
  const sorted = rows.toSorted((a, b) => b.updatedAt - a.updatedAt);
  let rolling = 0;
  return sorted.filter((row) => {
    if (row.held) return true;
    rolling += 1;
    return rolling <= ALWAYS_LIVE || (rolling <= MOST_VALUES && isFresh(row, now));
  });
}

/** When the next of the live `rows` dies of age, in ms since the epoch; undefined when none will. */
export function nextDeath(rows: readonly TxtRow[]): number | undefined {
  const further = rows
    .filter((row) => !row.held)
    .map((row) => row.updatedAt)
    .toSorted((a, b) => b - a)
    .slice(ALWAYS_LIVE);
  const oldest = further.at(-1);
  return oldest === undefined ? undefined : oldest + FRESH_FOR;
}

/** A time far ahead is a clock that was wrong once; such a row is not kept fresh for years. */
function isFresh(row: TxtRow, now: number): boolean {
  return Math.abs(now - row.updatedAt) < FRESH_FOR;
}

function put(rows: readonly TxtRow[], value: string, now: number, held: boolean): TxtRow[] {
  const newest = rows.reduce((latest, row) => Math.max(latest, row.updatedAt), -1);
  const others = rows.filter((row) => row.value !== value);
  const wasHeld = rows.some((row) => row.value === value && row.held);
  return [{ value, updatedAt: Math.max(now, newest + 1), held: held || wasHeld }, ...others];
}
