import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inParallel } from './in-parallel.ts';

describe('inParallel', () => {
  test('results in the order of the items, no more than 20 at once', async () => {
    let now = 0;
    let most = 0;
    const items = Array.from({ length: 100 }, (_, index) => index);
    const results = await inParallel(items, async (item) => {
      now += 1;
      most = Math.max(most, now);
      await nextTurn();
      now -= 1;
      return item * 2;
    });
    assert.deepEqual(
      results,
      items.map((item) => item * 2),
    );
    assert.equal(most, 20);
  });

  test('the first error is thrown when all that had begun is over; the rest is not begun', async () => {
    const begun: number[] = [];
    let over = 0;
    const items = Array.from({ length: 60 }, (_, index) => index);
    const work = inParallel(items, async (item) => {
      begun.push(item);
      await nextTurn();
      over += 1;
      if (item === 3) throw new Error('three');
      if (item === 5) throw new Error('five');
    });
    await assert.rejects(work, /three/);
    assert.equal(over, begun.length);
    assert.ok(begun.length < 60);
  });

  test('nothing to do', async () => assert.deepEqual(await inParallel([], async () => 1), []));
});
