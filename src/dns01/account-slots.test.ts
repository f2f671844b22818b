import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createAccountSlots } from './account-slots.ts';

/** acme-dns by its source: the slot with the oldest LastUpdate is overwritten, ties in favour of the first row. */
function createServer(count: number) {
  const rows = Array.from({ length: count }, () => ({ value: '', lastUpdate: 0 }));
  return {
    update(value: string, now: number) {
      const oldest = rows.reduce((one, other) => (other.lastUpdate < one.lastUpdate ? other : one));
      Object.assign(oldest, { value, lastUpdate: Math.floor(now / 1000) });
    },
    values: () => rows.map((row) => row.value),
  };
}

describe('AccountSlots', () => {
  const cases: {
    what: string;
    before: string[];
    at?: number[];
    wanted: string[];
    standing: string[];
    plan: string[];
  }[] = [
    { what: 'nothing known', before: [], wanted: ['a', 'b'], standing: [], plan: ['a', 'b'] },
    { what: 'all there', before: ['a', 'b'], wanted: ['a', 'b'], standing: ['a', 'b'], plan: [] },
    {
      what: 'the one to keep is the newest',
      before: ['x', 'a'],
      wanted: ['a', 'b'],
      standing: ['a', 'x'],
      plan: ['b'],
    },
    {
      what: 'the one to keep is the oldest',
      before: ['a', 'x'],
      wanted: ['a', 'b'],
      standing: ['a', 'x'],
      plan: ['a', 'b'],
    },
    {
      what: 'after a crash its age is unknown',
      before: [],
      wanted: ['a', 'b'],
      standing: ['a', 'x'],
      plan: ['a', 'b'],
    },
    {
      what: 'the one to keep is the newest, yet of the same second',
      before: ['x', 'a'],
      at: [0, 500],
      wanted: ['a', 'b'],
      standing: ['a', 'x'],
      plan: ['a', 'b'],
    },
  ];
  for (const { what, before, at = [0, 1000], wanted, standing, plan } of cases) {
    test(what, () => {
      const slots = createAccountSlots(2);
      for (const [index, value] of before.entries()) slots.written(value, at[index] ?? 0);
      assert.deepEqual(slots.plan(wanted, standing).sends, plan);
    });
  }

  test('at a server that rounds to seconds, no needed value is ever missing', () => {
    const order = fc.record({
      values: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 2 }),
      pause: fc.integer({ min: 0, max: 3000 }),
      keep: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(order, { maxLength: 12 }), fc.integer({ min: 0, max: 999 }), (orders, offset) => {
        const server = createServer(2);
        const slots = createAccountSlots(2);
        let now = 1_000_000_000 + offset;
        let live: string[] = [];
        for (const { values, pause, keep } of orders) {
          if (!keep) live = [];
          now += pause;
          const wanted = [...new Set([...live, ...values])];
          if (wanted.length > 2) continue;
          const { sends, notBefore } = slots.plan(wanted, server.values());
          now = Math.max(now, notBefore);
          for (const value of sends) {
            server.update(value, now);
            slots.written(value, now);
            now += 3;
            for (const needed of live) assert.ok(server.values().includes(needed), `${needed} was overwritten`);
          }
          for (const value of wanted) assert.ok(server.values().includes(value), `${value} is missing`);
          live = wanted;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
