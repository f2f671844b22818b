import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import type { DomainName } from '../core/domain-name.ts';
import { nameFromText } from './name.ts';
import { createNameTable, type NameTable } from './name-table.ts';
import { type ReaderResult, type ReaderWork, valuesAt } from './name-table-reader.fixture.ts';
import { NameTableReader } from './name-table-reader.ts';

const name = (text: string): DomainName => text as DomainName;
const clock = { now: () => 1_700_000_000_000, sleep: async () => {} };

/** Whether anything stands at the name or below it, as an answer would see it. */
function stands(names: NameTable, text: string): boolean {
  return new NameTableReader(names.memory).find(nameFromText(text)) !== undefined;
}

describe('the name table', () => {
  const labels = ['a', 'b', 'c', 'x.a', 'y.a', 'z.x.a', 'deep.er.b', '_acme-challenge'];
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('set' as const),
        label: fc.constantFrom(...labels),
        values: fc.array(fc.string({ maxLength: 300 }), { maxLength: 4 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), label: fc.constantFrom(...labels) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('watch' as const),
        label: fc.constantFrom(...labels),
        watched: fc.boolean(),
      }),
    },
  );

  test('does what a Map does, and knows what stands above its names', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const names = createNameTable({ clock });
        const model = new Map<string, readonly string[]>();
        for (const each of steps) {
          const owner = name(`${each.label}.example.org`);
          if (each.kind === 'set') {
            names.set(owner, each.values);
            model.set(owner, each.values);
          } else if (each.kind === 'delete') {
            names.delete(owner);
            model.delete(owner);
          } else {
            names.watch(owner, each.watched);
          }
        }
        assert.equal(names.size, model.size);
        assert.deepEqual(names.names().toSorted(), [...model.keys()].toSorted());
        for (const label of [...labels, 'x', 'er.b', 'nothing']) {
          const owner = `${label}.example.org`;
          assert.deepEqual(names.get(name(owner)), model.get(owner), owner);
          assert.equal(
            stands(names, owner),
            [...model.keys()].some((key) => key === owner || key.endsWith(`.${owner}`)),
            owner,
          );
        }
        assert.equal(stands(names, 'org'), model.size > 0);
      }),
      { numRuns: 60 },
    );
  });

  test('a name may be watched before it exists, and stays so when it comes again', () => {
    const names = createNameTable();
    const watched = (): boolean | undefined =>
      new NameTableReader(names.memory).find(nameFromText('a.example'))?.watched;
    names.watch(name('a.example'), true);
    assert.equal(watched(), undefined);
    for (let turn = 0; turn < 2; turn++) {
      names.set(name('a.example'), ['v']);
      assert.equal(watched(), true);
      names.delete(name('a.example'));
    }
    names.watch(name('a.example'), false);
    names.set(name('a.example'), ['v']);
    assert.equal(watched(), false);
  });

  test('names are the same in any case', () => {
    const names = createNameTable();
    names.set(name('A.example'), ['v']);
    assert.deepEqual(names.get(name('a.EXAMPLE')), ['v']);
  });

  test('memory is used again: a name that changes for ever takes no more', () => {
    const names = createNameTable();
    const before = names.memory.byteLength;
    for (let turn = 0; turn < 50_000; turn++) {
      names.set(name('busy.example'), [`${turn}`.padEnd(43, 'x')]);
      names.set(name(`n${turn % 100}.example`), []);
      names.delete(name(`n${(turn + 50) % 100}.example`));
    }
    assert.equal(names.memory.byteLength, before);
  });

  test('memory is used again: names that get value after value leave little behind', () => {
    const names = createNameTable();
    const before = names.memory.byteLength;
    const values: string[] = [];
    for (let count = 0; count < 100; count += 1) {
      values.push(String(count).padStart(43, '0'));
      for (let at = 0; at < 1000; at += 1) names.set(name(`n${at}`), values);
    }
    assert.ok(names.memory.byteLength - before <= 32 * 2 ** 20, String(names.memory.byteLength - before));
  });

  test('grows with its names', () => {
    const names = createNameTable();
    const before = names.memory.byteLength;
    const reader = new NameTableReader(names.memory);
    for (let at = 0; at < 20_000; at++) names.set(name(`${at}.example`), [`value ${at}`.padEnd(200)]);
    assert.ok(names.memory.byteLength > before);
    for (const at of [0, 9999, 19_999]) {
      assert.equal(reader.find(nameFromText(`${at}.example`))?.rdatas[0]?.length, 201, 'also to a reader from before');
    }
    assert.equal(names.size, 20_000);
  });

  test('the serial moves when somebody has seen it and names have changed since', () => {
    const names = createNameTable({ clock });
    const first = names.serial;
    assert.equal(first, 1_700_000_000);
    assert.equal(names.serial, first);
    names.set(name('a.example'), []);
    const second = names.serial;
    assert.ok(second > first);
    for (let at = 0; at < 1000; at++) names.set(name(`${at}.example`), []);
    assert.equal(names.serial, second + 1, 'loading a thousand names does not run ahead of the clock');
  });

  test('refuses more values than fit a message', () => {
    const names = createNameTable();
    const values = Array.from({ length: 2000 }, (_, at) => `${at}`.padEnd(43, 'x'));
    assert.throws(() => names.set(name('a.example'), values), { code: 'too-many-values' });
    assert.equal(names.get(name('a.example')), undefined);
    names.set(name('a.example'), values.slice(0, 1000));
    assert.equal(names.get(name('a.example'))?.length, 1000);
  });

  test('a thread that reads while another writes sees whole states only, and the new one as soon as it was set', async () => {
    const names = createNameTable();
    const turns = new SharedArrayBuffer(12);
    const words = new Int32Array(turns);
    const count = 50;
    for (let label = 0; label < count; label++) names.set(name(`n${label}.example`), valuesAt(label, 0));
    const workerData: ReaderWork = { memory: names.memory, turns, names: count };
    const worker = new Worker(new URL('./name-table-reader.fixture.ts', import.meta.url), { workerData });
    const result = once(worker, 'message') as Promise<[ReaderResult]>;
    for (let turn = 1; turn <= 300; turn++) {
      for (let label = 1; label < count; label++) {
        const owner = name(`n${label}.example`);
        if ((label * turn) % 11 === 0) names.delete(owner);
        else names.set(owner, valuesAt(label, turn));
      }
      // Grows while it is being read.
      if (turn % 30 === 0)
        for (let at = 0; at < 3000; at++) names.set(name(`more-${turn}-${at}.example`), ['x'.repeat(250)]);
      names.set(name('n0.example'), valuesAt(0, turn));
      Atomics.store(words, 0, turn);
      while (Atomics.load(words, 1) < turn) assert.notEqual(Atomics.wait(words, 1, turn - 1, 10_000), 'timed-out');
    }
    Atomics.store(words, 2, 1);
    const [{ fault, reads, turnsSeen }] = await result;
    assert.equal(fault, undefined);
    assert.equal(turnsSeen, 300);
    assert.ok(reads > 1000, `${reads} reads`);
  });
});
