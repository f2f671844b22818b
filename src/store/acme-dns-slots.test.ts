import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { TxtRow } from '../acmedns/ports.ts';
import { addValue, holdValues, releaseValues } from '../acmedns/txt-rule.ts';
import { type KeptRow, lastUpdateOf, rowsOfLabel, type Slot, writesForLabel } from './acme-dns-slots.ts';

const T = 1_795_479_250;
const slot = (id: number, value: string, lastUpdate: number): Slot => ({ id, value, lastUpdate });
const row = (value: string, updatedAt: number, held = false): TxtRow => ({ value, updatedAt, held });
const newestFirst = (rows: readonly TxtRow[]) => rows.toSorted((a, b) => b.updatedAt - a.updatedAt);

/** A label in a database, as both programs use it. */
class Label {
  slots: Slot[] = [slot(1, '', 0), slot(2, '', 0)];
  kept: KeptRow[] = [];

  rows(): TxtRow[] {
    return newestFirst(rowsOfLabel(this.slots, this.kept));
  }

  ours(change: (rows: readonly TxtRow[]) => readonly TxtRow[]): void {
    const after = change(this.rows());
    const { slots, newSlots, put, gone } = writesForLabel(this.slots, this.kept, after, true);
    this.slots = [
      ...this.slots.map((old) => slots.find(({ id }) => id === old.id) ?? old),
      ...newSlots.map((fresh, index) => ({ id: this.slots.length + index + 1, ...fresh })),
    ];
    const replaced = new Set([...gone, ...put.map(({ value }) => value)]);
    this.kept = [...this.kept.filter(({ value }) => !replaced.has(value)), ...put];
    assert.deepEqual(this.rows(), newestFirst(after), 'what was written is what is read');
  }

  /** The older slot is overwritten; of two of the same second, the first. */
  acmeDns(value: string, at: number): void {
    const [oldest] = this.slots.toSorted((a, b) => a.lastUpdate - b.lastUpdate || a.id - b.id);
    this.slots = this.slots.map((old) => (old === oldest ? { ...old, value, lastUpdate: at } : old));
  }

  values(): string[] {
    return this.slots.map(({ value }) => value).filter((value) => value !== '');
  }
}

describe('what is read', () => {
  const cases: { what: string; slots: Slot[]; kept: KeptRow[]; rows: TxtRow[] }[] = [
    { what: 'nothing', slots: [slot(1, '', 0), slot(2, '', 0)], kept: [], rows: [] },
    { what: 'no slots at all', slots: [], kept: [], rows: [] },
    {
      what: 'values of acme-dns',
      slots: [slot(1, 'c', T + 1), slot(2, 'b', T)],
      kept: [],
      rows: [row('c', (T + 1) * 1000), row('b', T * 1000)],
    },
    {
      what: 'two of one second are not at one time',
      slots: [slot(1, 'b', T), slot(2, 'c', T)],
      kept: [],
      rows: [row('c', T * 1000 + 1), row('b', T * 1000)],
    },
    {
      what: 'one value in both slots, as a retry leaves it',
      slots: [slot(1, 'b', T), slot(2, 'b', T + 5)],
      kept: [],
      rows: [row('b', (T + 5) * 1000)],
    },
    {
      what: 'milliseconds, further values and held ones are ours',
      slots: [slot(1, 'c', T + 1), slot(2, 'b', T)],
      kept: [
        { ...row('c', (T + 1) * 1000 + 20), inSlot: true },
        { ...row('b', T * 1000 + 30), inSlot: true },
        { ...row('a', T * 1000 + 10), inSlot: false },
        { ...row('h', T * 1000 + 5, true), inSlot: false },
      ],
      rows: [
        row('c', (T + 1) * 1000 + 20),
        row('b', T * 1000 + 30),
        row('a', T * 1000 + 10),
        row('h', T * 1000 + 5, true),
      ],
    },
    {
      what: 'acme-dns has overwritten one since: it is gone',
      slots: [slot(1, 'c', T + 1), slot(2, 'd', T + 9)],
      kept: [
        { ...row('c', (T + 1) * 1000 + 20), inSlot: true },
        { ...row('b', T * 1000 + 30), inSlot: true },
      ],
      rows: [row('d', (T + 9) * 1000), row('c', (T + 1) * 1000 + 20)],
    },
    {
      what: 'acme-dns has written the same value again',
      slots: [slot(1, 'c', T + 9), slot(2, '', 0)],
      kept: [{ ...row('c', T * 1000 + 20), inSlot: true }],
      rows: [row('c', (T + 9) * 1000)],
    },
    {
      what: 'a person has emptied both',
      slots: [slot(1, '', 0), slot(2, '', 0)],
      kept: [{ ...row('c', T * 1000 + 20), inSlot: true }],
      rows: [],
    },
  ];
  for (const { what, slots, kept, rows } of cases)
    test(what, () => assert.deepEqual(newestFirst(rowsOfLabel(slots, kept)), rows));
});

describe('what is written', () => {
  test('the rows that acme-dns needs are made where they are missing, and a delegation has none', () => {
    const rows = [row('a', T * 1000)];
    assert.deepEqual(writesForLabel([], [], rows, true).newSlots, [
      { value: 'a', lastUpdate: T },
      { value: '', lastUpdate: 0 },
    ]);
    assert.deepEqual(writesForLabel([], [], rows, false), {
      slots: [],
      newSlots: [],
      put: [{ ...row('a', T * 1000), inSlot: false }],
      gone: [],
    });
  });

  test('a value taken away leaves an empty slot, as a new account has it', () => {
    const label = new Label();
    label.ours(() => [row('a', T * 1000), row('b', T * 1000 + 1)]);
    label.ours((rows) => rows.filter(({ value }) => value !== 'a'));
    assert.deepEqual(
      label.slots.toSorted((x, y) => x.lastUpdate - y.lastUpdate).map(({ value, lastUpdate }) => [value, lastUpdate]),
      [
        ['', 0],
        ['b', T],
      ],
    );
  });

  test('of two of one second, acme-dns overwrites the older one next', () => {
    const label = new Label();
    label.ours((rows) => addValue(addValue(rows, 'older', T * 1000), 'newer', T * 1000 + 1));
    label.acmeDns('next', T + 1);
    assert.deepEqual(new Set(label.values()), new Set(['newer', 'next']));
  });

  test('values of our own orders take no slot', () => {
    const label = new Label();
    label.ours((rows) => holdValues(rows, ['h'], T * 1000));
    assert.deepEqual(label.values(), []);
    label.ours((rows) => releaseValues(rows, ['h'], T * 1000));
    assert.deepEqual(label.kept, []);
  });
});

test('as long as each update is in a second of its own, the slots are those of acme-dns itself', () => {
  const value = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
  fc.assert(
    fc.property(fc.array(fc.tuple(value, fc.boolean()), { maxLength: 30 }), (steps) => {
      const [mixed, original] = [new Label(), new Label()];
      for (const [index, [text, isOurs]] of steps.entries()) {
        const at = T + index;
        // acme-dns would have an equal value twice: there we differ on purpose.
        const fresh = `${text}${index}`;
        original.acmeDns(fresh, at);
        if (isOurs) mixed.ours((rows) => addValue(rows, fresh, at * 1000 + 500));
        else mixed.acmeDns(fresh, at);
        assert.deepEqual(mixed.values().toSorted(), original.values().toSorted());
        for (const live of mixed.values()) assert.ok(mixed.rows().some((one) => one.value === live));
      }
    }),
  );
});

test('whatever both write, the newest value is there for both, and no value or time twice', () => {
  const step = fc.record({
    value: fc.constantFrom('a', 'b', 'c'),
    wait: fc.integer({ min: 0, max: 1500 }),
    by: fc.constantFrom('ours', 'acme-dns', 'held'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const label = new Label();
      let now = T * 1000;
      for (const { value, wait, by } of steps) {
        now += wait;
        if (by === 'ours') label.ours((rows) => addValue(rows, value, now));
        else if (by === 'held') label.ours((rows) => holdValues(rows, [value], now));
        else label.acmeDns(value, Math.floor(now / 1000));
        const rows = label.rows();
        assert.ok(rows.some((one) => one.value === value));
        if (by !== 'held' && !rows.some((one) => one.value === value && one.held))
          assert.ok(label.values().includes(value));
        assert.equal(new Set(rows.map((one) => one.value)).size, rows.length);
        assert.equal(new Set(rows.map((one) => one.updatedAt)).size, rows.length);
      }
    }),
  );
});

describe('the last update of an account, by both', () => {
  const cases: [newestSlot: number, kept: number | undefined, at: number | undefined][] = [
    [0, undefined, undefined],
    [0, 7, 7],
    [T, undefined, T * 1000],
    [T, T * 1000 + 7, T * 1000 + 7],
    [T + 1, T * 1000 + 7, (T + 1) * 1000],
    [T - 1, T * 1000 + 7, T * 1000 + 7],
  ];
  for (const [newestSlot, kept, at] of cases)
    test(`${newestSlot} ${kept}`, () => assert.equal(lastUpdateOf(newestSlot, kept), at));
});
