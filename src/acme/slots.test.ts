import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSlots } from './slots.ts';

const { signal } = new AbortController();

test('so many at once, the others in turn', async () => {
  const slots = createSlots(2);
  const order: string[] = [];
  const first = await slots.take(signal);
  const second = await slots.take(signal);
  const third = slots.take(signal).then((release) => {
    order.push('third');
    return release;
  });
  const fourth = slots.take(signal).then(() => order.push('fourth'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(order, []);
  second();
  second();
  (await third)();
  await fourth;
  assert.deepEqual(order, ['third', 'fourth']);
  first();
});

test('who gives up leaves the line', async () => {
  const slots = createSlots(1);
  const release = await slots.take(signal);
  const stop = new AbortController();
  const waiting = slots.take(stop.signal);
  const next = slots.take(signal);
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(slots.take(stop.signal), /enough/);
  release();
  (await next)();
  (await slots.take(signal))();
});
