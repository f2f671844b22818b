import type { TxtRow } from '../acmedns/ports.ts';

/** What has to be written to get from some rows of a label to others. */
export interface TxtDifference {
  readonly put: readonly TxtRow[];
  readonly gone: readonly string[];
  /** When the owner of the label put the newest of the new values there; undefined when nothing is the owner's. */
  readonly ownersUpdateAt: number | undefined;
}

export function txtDifference(before: readonly TxtRow[], after: readonly TxtRow[]): TxtDifference {
  const old = new Map(before.map((row) => [row.value, row]));
  const put = after.filter((row) => {
    const same = old.get(row.value);
    return same?.updatedAt !== row.updatedAt || same.held !== row.held;
  });
  const kept = new Set(after.map(({ value }) => value));
  const gone = before.map(({ value }) => value).filter((value) => !kept.has(value));
  const times = put.filter((row) => !row.held).map(({ updatedAt }) => updatedAt);
  return { put, gone, ownersUpdateAt: times.length > 0 ? Math.max(...times) : undefined };
}
