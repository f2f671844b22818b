import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rememberingLast } from './last-read.ts';

test('the last texts are read once, and not many are remembered', () => {
  const asked: string[] = [];
  const read = rememberingLast((text) => {
    asked.push(text);
    return { text };
  }, 2);
  const first = read('a');
  assert.equal(read('a'), first);
  read('b');
  read('c');
  assert.equal(read('a'), first);
  assert.deepEqual(asked, ['a', 'b', 'c']);
  for (const text of ['d', 'e', 'f', 'g']) read(text);
  assert.notEqual(read('a'), first);
  assert.deepEqual(asked, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'a']);
});

test('what cannot be read is said each time', () => {
  const read = rememberingLast(() => {
    throw new Error('bad');
  }, 2);
  assert.throws(() => read('x'), /bad/);
  assert.throws(() => read('x'), /bad/);
});
