import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createManualClock } from '../testing/manual-clock.ts';
import { createDelayedKeys } from './delayed-keys.ts';
import { createWorkQueue } from './work-queue.ts';

const never = new AbortController().signal;

describe('createWorkQueue', { timeout: 20_000 }, () => {
  test('a key that was added often is taken once, in the order of the first time; urgent ones first', async () => {
    const queue = createWorkQueue(createManualClock());
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    queue.add('d', 'urgent');
    queue.add('c', 'urgent');
    queue.add('d');
    assert.equal(queue.depth(), 4);
    const taken = [];
    for (let index = 0; index < 4; index += 1) taken.push(await queue.take(never));
    assert.deepEqual(taken, ['d', 'c', 'a', 'b']);
    assert.equal(queue.depth(), 0);
  });

  test('a key that is in work is not taken twice, but once more afterwards', async () => {
    const queue = createWorkQueue(createManualClock());
    queue.add('a');
    assert.equal(await queue.take(never), 'a');
    queue.add('a');
    queue.add('a');
    queue.add('b');
    assert.equal(await queue.take(never), 'b');
    queue.done('b');
    queue.done('a');
    assert.equal(await queue.take(never), 'a');
    queue.done('a');
    assert.equal(queue.depth(), 0);
  });

  test('who waits gets the next key, and who gave up gets none', async () => {
    const queue = createWorkQueue(createManualClock());
    const over = new AbortController();
    const gaveUp = queue.take(over.signal);
    const waits = queue.take(never);
    over.abort(new Error('enough'));
    await assert.rejects(gaveUp, /enough/);
    await assert.rejects(queue.take(over.signal), /enough/);
    queue.add('a');
    assert.equal(await waits, 'a');
  });

  test('a later time comes when it is there; of several the earliest holds', async () => {
    const clock = createManualClock();
    const depths: number[] = [];
    const queue = createWorkQueue(clock, (depth) => depths.push(depth));
    const over = new AbortController();
    const running = queue.run(over.signal);
    queue.addAfter('a', 1000);
    queue.addAfter('b', 500);
    queue.addAfter('a', 3000);
    queue.addAfter('b', 100);
    await clock.advance(99);
    assert.equal(queue.depth(), 0);
    await clock.advance(1);
    assert.equal(await queue.take(never), 'b');
    queue.done('b');
    await clock.advance(500);
    assert.equal(queue.depth(), 0, 'b was due once');
    await clock.advance(400);
    assert.equal(await queue.take(never), 'a');
    queue.done('a');
    await clock.advance(10_000);
    assert.equal(queue.depth(), 0, 'so was a');
    queue.addAfter('c', 10);
    await clock.advance(10);
    assert.equal(queue.depth(), 1, 'the timer is set anew after a long rest');
    assert.equal(depths.at(-1), 1);
    over.abort();
    await running;
  });
});

test('delayed keys come in the order of their earliest times, whatever was added', () => {
  const times = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }).map(String), fc.integer({ min: 0, max: 50 })));
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 60 }), (added, now) => {
      const delayed = createDelayedKeys();
      const model = new Map<string, number>();
      for (const [key, time] of added) {
        const before = Math.min(...model.values());
        model.set(key, Math.min(time, model.get(key) ?? Number.POSITIVE_INFINITY));
        assert.equal(delayed.add(key, time), Math.min(...model.values()) < before);
        assert.equal(delayed.earliest(), Math.min(...model.values()));
      }
      assert.equal(delayed.size, model.size);
      const due = delayed.due(now);
      assert.deepEqual(
        due.map((key) => model.get(key)),
        [...model.values()].filter((time) => time <= now).toSorted((one, other) => one - other),
      );
      assert.equal(new Set(due).size, due.length);
      assert.equal(delayed.size, model.size - due.length);
    }),
  );
});
