import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { TxtRow } from './ports.ts';
import { addValue, FRESH_FOR, holdValues, liveRows, MOST_VALUES, nextDeath, releaseValues } from './txt-rule.ts';

const values = (rows: readonly TxtRow[]) => rows.map((row) => row.value);

/** Applies updates of [value, time] one after another. */
function updates(...steps: readonly (readonly [string, number])[]): TxtRow[] {
  return steps.reduce<TxtRow[]>((rows, [value, at]) => addValue(rows, value, at), []);
}

const MINUTE = 60_000;

describe('which values live', () => {
  const cases: { says: string; steps: [string, number][]; at?: number; live: string[] }[] = [
    { says: 'the first value lives alone', steps: [['a', 0]], live: ['a'] },
    {
      says: 'two live for ever',
      steps: [
        ['a', 0],
        ['b', 1],
      ],
      at: 900 * FRESH_FOR,
      live: ['b', 'a'],
    },
    {
      says: 'a third joins while all are fresh',
      steps: [
        ['a', 0],
        ['b', 1],
        ['c', 2],
      ],
      live: ['c', 'b', 'a'],
    },
    {
      says: 'the rolling rule of acme-dns: long after, a new value pushes the oldest out',
      steps: [
        ['a', 0],
        ['b', 1],
        ['c', 900 * MINUTE],
      ],
      live: ['c', 'b'],
    },
    {
      says: 'further values die of age',
      steps: [
        ['a', 0],
        ['b', 1],
        ['c', 2],
      ],
      at: FRESH_FOR,
      live: ['c', 'b'],
    },
    {
      says: 'and not before',
      steps: [
        ['a', 0],
        ['b', 1],
        ['c', 2],
      ],
      at: FRESH_FOR - 1,
      live: ['c', 'b', 'a'],
    },
    {
      says: 'a retry of one value leaves the other where it is',
      steps: [
        ['a', 0],
        ['b', 1],
        ['b', 900 * MINUTE],
        ['b', 901 * MINUTE],
      ],
      live: ['b', 'a'],
    },
    {
      says: 'a repeated value is the newest',
      steps: [
        ['a', 0],
        ['b', 1],
        ['a', 2],
      ],
      live: ['a', 'b'],
    },
    {
      says: 'the order is kept within one millisecond',
      steps: [
        ['a', 5],
        ['b', 5],
        ['c', 5],
      ],
      live: ['c', 'b', 'a'],
    },
    {
      says: 'and when the clock goes back',
      steps: [
        ['a', 9 * MINUTE],
        ['b', 3],
      ],
      at: 3,
      live: ['b', 'a'],
    },
  ];
  for (const { says, steps, at, live } of cases) {
    test(says, () => {
      const rows = updates(...steps);
      assert.deepEqual(values(liveRows(rows, at ?? steps.at(-1)?.[1] ?? 0)), live);
    });
  }

  test('a time far ahead, from a clock that was wrong, does not stay fresh for years', () => {
    const year = 365 * 24 * 60 * MINUTE;
    const rows = updates(['a', year], ['b', year + 1], ['c', 0]);
    assert.deepEqual(values(liveRows(rows, 0)), ['c', 'b']);
  });

  test('one label never has more than the most', () => {
    const rows = updates(...Array.from({ length: MOST_VALUES + 50 }, (_, index) => [`v${index}`, index] as const));
    assert.equal(rows.length, MOST_VALUES);
    assert.equal(rows[0]?.value, `v${MOST_VALUES + 49}`);
  });
});

describe('values held by an order of our own', () => {
  test('stay whatever comes to the label, and go when they are released', () => {
    const held = holdValues([], ['x', 'y'], 0);
    const busy = ['a', 'b', 'c'].reduce(
      (rows, value, index) => addValue(rows, value, 900 * MINUTE * (index + 1)),
      held,
    );
    assert.deepEqual(values(busy), ['c', 'b', 'y', 'x']);
    assert.deepEqual(values(releaseValues(busy, ['x', 'y'], 2700 * MINUTE)), ['c', 'b']);
  });

  test('holding is idempotent, and an update does not let go', () => {
    const held = holdValues(holdValues([], ['x'], 0), ['x'], 1);
    assert.deepEqual(values(held), ['x']);
    assert.equal(addValue(held, 'x', 2)[0]?.held, true);
  });

  test('do not count as one of the two', () => {
    const rows = holdValues(updates(['a', 0], ['b', 1]), ['x', 'y', 'z'], 900 * MINUTE);
    assert.deepEqual(values(rows).toSorted(), ['a', 'b', 'x', 'y', 'z']);
  });

  test('releasing what is not there changes nothing', () => {
    const rows = updates(['a', 0]);
    assert.deepEqual(releaseValues(rows, ['x'], 1), rows);
  });
});

test('nextDeath is the instant at which the rule takes a value away, whatever the updates were', () => {
  const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat(3 * FRESH_FOR));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const sorted = steps.toSorted((a, b) => a[1] - b[1]);
      const rows = updates(...sorted);
      const death = nextDeath(rows);
      if (death === undefined) {
        assert.ok(rows.length <= 2);
        return;
      }
      assert.equal(liveRows(rows, death - 1).length, rows.length);
      assert.ok(liveRows(rows, death).length < rows.length);
    }),
  );
});

test('at no time are there two equal values or two equal times', () => {
  const step = fc.record({
    kind: fc.constantFrom('add', 'hold', 'release'),
    value: fc.constantFrom('a', 'b', 'c', 'd'),
    at: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let rows: TxtRow[] = [];
      for (const { kind, value, at } of steps) {
        if (kind === 'add') rows = addValue(rows, value, at);
        if (kind === 'hold') rows = holdValues(rows, [value], at);
        if (kind === 'release') rows = releaseValues(rows, [value], at);
        assert.equal(new Set(values(rows)).size, rows.length);
        assert.equal(new Set(rows.map((row) => row.updatedAt)).size, rows.length);
      }
    }),
  );
});
