import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { csvLine } from '../secret/csv.ts';
import { splitList } from './split-list.ts';

describe('splitList', () => {
  const rows: [text: string, values: string[] | undefined][] = [
    ['', []],
    [' ', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a , b ', ['a', 'b']],
    ['a,,b,', ['a', 'b']],
    ['"a, b",c', ['a, b', 'c']],
    [' "a" , "b" ', ['a', 'b']],
    ['"say ""hi"""', ['say "hi"']],
    ['""', []],
    ['"a', undefined],
    ['a"b', undefined],
    ['"a"b', undefined],
  ];
  for (const [text, values] of rows) test(JSON.stringify(text), () => assert.deepEqual(splitList(text), values));

  test('reads what csvLine writes', () => {
    const value = fc.string().filter((text) => text.trim() === text && text !== '');
    fc.assert(fc.property(fc.array(value), (values) => assert.deepEqual(splitList(csvLine(values)), values)));
  });

  test('any text is read in time, or is no list', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', ',', ' ', 'a'), maxLength: 200 }), (text) => {
        splitList(text);
      }),
    );
  });
});
