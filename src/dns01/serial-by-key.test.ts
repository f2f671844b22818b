import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundedMap } from './bounded-map.ts';
import { createSerialByKey } from './serial-by-key.ts';

test('tasks of one key run in order, those of others beside them, and a failure stops nobody', async () => {
  const inOrder = createSerialByKey();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = inOrder('a', async () => {
    log.push('a1 begins');
    await gate.promise;
    log.push('a1 fails');
    throw new Error('a1');
  });
  const second = inOrder('a', async () => log.push('a2'));
  const other = inOrder('b', async () => {
    log.push('b1');
    gate.resolve();
  });
  await assert.rejects(first, /a1/);
  await Promise.all([second, other]);
  assert.deepEqual(log, ['a1 begins', 'b1', 'a1 fails', 'a2']);
});

test('no more tasks run than the limit, results keep their order, and all end before it rejects', async () => {
  let running = 0;
  let most = 0;
  let ended = 0;
  const task = async (item: number): Promise<number> => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < 5 - (item % 5); turn += 1) await Promise.resolve();
    running -= 1;
    ended += 1;
    if (item === 3 || item === 15) throw new Error(`item ${item}`);
    return item * 2;
  };
  const even = Array.from({ length: 20 }, (_, index) => index * 5);
  assert.deepEqual(
    await boundedMap(even, 4, async (item) => item + 1),
    even.map((item) => item + 1),
  );
  assert.deepEqual(await boundedMap([], 4, task), []);
  const items = Array.from({ length: 20 }, (_, index) => index);
  await assert.rejects(boundedMap(items, 4, task), /item 3$/);
  assert.equal(most, 4);
  assert.equal(ended, 20);
});
