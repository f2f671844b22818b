import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNewer } from './resource-version.ts';

const rows: readonly (readonly [string | undefined, string | undefined, boolean])[] = [
  ['2', '1', true],
  ['1', '2', false],
  ['1', '1', false],
  ['10', '9', true],
  ['9', '10', false],
  // Beyond what a number can tell apart.
  ['9007199254740993', '9007199254740992', true],
  ['9007199254740992', '9007199254740993', false],
  ['', '', false],
  ['x', 'y', true],
  ['x', 'x', false],
  [undefined, '1', true],
];

for (const [one, other, expected] of rows) {
  test(`${one} is ${expected ? '' : 'not '}newer than ${other}`, () => assert.equal(isNewer(one, other), expected));
}
