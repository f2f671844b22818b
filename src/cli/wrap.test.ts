import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wrap } from './wrap.ts';

test('wraps at spaces and keeps long words whole', () => {
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrap('a https://a.very.long.example/ b', 10), ['a', 'https://a.very.long.example/', 'b']);
  assert.deepEqual(wrap('', 10), []);
  assert.deepEqual(wrap('one two\nthree four five', 10), ['one two', 'three four', 'five']);
});

test('no word is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^\S+$/)), fc.integer({ min: 1, max: 100 }), (words, width) => {
      const lines = wrap(words.join(' '), width);
      assert.deepEqual(lines.join(' '), words.join(' '));
      for (const line of lines) assert.ok(line.length <= width || !line.includes(' '));
    }),
  );
});
