import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChallengeSlots } from './challenge-slots.ts';

test('so many at once; the next one is woken when one is let go, in the order in which they came', () => {
  const woken: string[] = [];
  const slots = createChallengeSlots(2, (key) => void woken.push(key));
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'a'].map((key) => slots.take(key)),
    [true, true, false, false, true],
  );
  assert.equal(slots.taken, 2);
  slots.release('a');
  assert.deepEqual(woken, ['c']);
  assert.equal(slots.take('c'), true);
  slots.release('nobody');
  assert.deepEqual(woken, ['c']);
  slots.release('d');
  slots.release('b');
  assert.deepEqual(woken, ['c'], 'd has gone, and waits no more');
  assert.equal(slots.taken, 1);
});
