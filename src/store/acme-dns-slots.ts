import type { TxtRow } from '../acmedns/ports.ts';

/*
 * acme-dns has a fixed number of rows for each label, its slots: two, made with the account, and an update overwrites the older one. We have
 * further values, milliseconds, and values of our own orders. The slots hold what acme-dns would hold, so that it can go on from there at any
 * time; the rest is kept in a table of ours beside them. When the two disagree, acme-dns has written, and is right.
 */

/** A row of acme-dns' txt table; an empty value is none. */
export interface Slot {
  readonly id: number;
  readonly value: string;
  /** Seconds since the epoch. */
  readonly lastUpdate: number;
}

/** A value as our own table has it. `inSlot`: it was in a slot as well when it was written. */
export interface KeptRow extends TxtRow {
  readonly inSlot: boolean;
}

/** What has to be written for a label. */
export interface LabelWrites {
  readonly slots: readonly Slot[];
  /** Rows that acme-dns would miss. */
  readonly newSlots: readonly Omit<Slot, 'id'>[];
  readonly put: readonly KeptRow[];
  readonly gone: readonly string[];
}

const SLOTS = 2;
const MS = 1000;

/** The rows of a label, from what acme-dns and we have of it. */
export function rowsOfLabel(slots: readonly Slot[], kept: readonly KeptRow[]): TxtRow[] {
  const ours = new Map(kept.map((row) => [row.value, row]));
  const inSlots = newestByValue(slots);
  const known: TxtRow[] = [];
  const foreign: Slot[] = [];
  for (const slot of inSlots.values()) {
    const row = ours.get(slot.value);
    if (row !== undefined && secondOf(row) === slot.lastUpdate) known.push(toTxtRow(row));
    else foreign.push(slot);
  }
  for (const row of kept) {
    if (inSlots.has(row.value)) continue;
    // It was in a slot and is not any more: acme-dns has overwritten it, or a person has taken it out.
    if (!row.inSlot || row.held) known.push(toTxtRow(row));
  }
  const times = new Set(known.map(({ updatedAt }) => updatedAt));
  for (const { value, lastUpdate } of foreign) {
    let updatedAt = lastUpdate * MS;
    while (times.has(updatedAt)) updatedAt += 1;
    times.add(updatedAt);
    known.push({ value, updatedAt, held: ours.get(value)?.held ?? false });
  }
  return known;
}

/** What makes the rows of a label become `after`. `hasSlots`: acme-dns has the label too. */
export function writesForLabel(
  slots: readonly Slot[],
  kept: readonly KeptRow[],
  after: readonly TxtRow[],
  hasSlots: boolean,
): LabelWrites {
  const wanted = hasSlots ? slotValues(after, Math.max(SLOTS, slots.length)) : new Map<string, number>();
  const target = after.map((row): KeptRow => ({ ...toTxtRow(row), inSlot: wanted.has(row.value) }));
  const before = new Map(kept.map((row) => [row.value, row]));
  const values = new Set(after.map(({ value }) => value));
  return {
    ...fillSlots(slots, wanted, hasSlots),
    put: target.filter((row) => !isSame(before.get(row.value), row)),
    gone: kept.map(({ value }) => value).filter((value) => !values.has(value)),
  };
}

/** When the owner of an account last updated it, by both; `kept` is in ms, and so is the answer. */
export function lastUpdateOf(newestSlot: number, kept: number | undefined): number | undefined {
  if (newestSlot <= 0) return kept;
  return kept !== undefined && Math.floor(kept / MS) >= newestSlot ? kept : newestSlot * MS;
}

/** The values that acme-dns would have, the newest of those that owners put there, with their seconds; oldest first. */
function slotValues(rows: readonly TxtRow[], count: number): Map<string, number> {
  const newest = rows
    .filter(({ held }) => !held)
    .toSorted((a, b) => b.updatedAt - a.updatedAt)
    .slice(0, count);
  return new Map(newest.toReversed().map((row) => [row.value, secondOf(row)]));
}

/**
 * A value that has a slot stays there; the others take the slots that are left, the older one the first: of two of the same second, that is the
 * one that acme-dns overwrites.
 */
function fillSlots(slots: readonly Slot[], wanted: ReadonlyMap<string, number>, hasSlots: boolean) {
  const waiting = new Map(wanted);
  const writes: Slot[] = [];
  const free: Slot[] = [];
  const stays = newestByValue(slots);
  for (const slot of slots) {
    const lastUpdate = stays.get(slot.value) === slot ? waiting.get(slot.value) : undefined;
    if (lastUpdate === undefined) {
      free.push(slot);
      continue;
    }
    waiting.delete(slot.value);
    if (lastUpdate !== slot.lastUpdate) writes.push({ ...slot, lastUpdate });
  }
  const rest = [...waiting].map(([value, lastUpdate]) => ({ value, lastUpdate }));
  for (const slot of free.toSorted((a, b) => a.id - b.id)) {
    const next = rest.shift() ?? { value: '', lastUpdate: 0 };
    if (next.value !== slot.value || next.lastUpdate !== slot.lastUpdate) writes.push({ id: slot.id, ...next });
  }
  const missing = hasSlots ? Math.max(0, SLOTS - slots.length) : 0;
  const newSlots = Array.from({ length: missing }, () => rest.shift() ?? { value: '', lastUpdate: 0 });
  return { slots: writes, newSlots };
}

function newestByValue(slots: readonly Slot[]): Map<string, Slot> {
  const newest = new Map<string, Slot>();
  for (const slot of slots) {
    const before = newest.get(slot.value);
    if (slot.value !== '' && (before === undefined || slot.lastUpdate > before.lastUpdate))
      newest.set(slot.value, slot);
  }
  return newest;
}

/** LastUpdate has 32 bits in PostgreSQL; beyond them is only a clock that is wrong. */
function secondOf({ updatedAt }: TxtRow): number {
  return Math.min(Math.floor(updatedAt / MS), 2 ** 31 - 1);
}

function toTxtRow({ value, updatedAt, held }: TxtRow): TxtRow {
  return { value, updatedAt, held };
}

function isSame(one: KeptRow | undefined, other: KeptRow): boolean {
  return one?.updatedAt === other.updatedAt && one.held === other.held && one.inSlot === other.inSlot;
}
