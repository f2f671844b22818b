import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { readJsonObject } from './json-members.ts';

describe('the first object of a text', () => {
  const cases: [string, [string, unknown][], string][] = [
    ['{}', [], ''],
    [' \t\r\n{ } x', [], ' x'],
    [
      '{"a":1,"a":2}',
      [
        ['a', 1],
        ['a', 2],
      ],
      '',
    ],
    ['{"a":"b"}{"a":"c"}', [['a', 'b']], '{"a":"c"}'],
    [
      '{ "a" : [1,{"b":"]}"}] , "c" : null }',
      [
        ['a', [1, { b: ']}' }]],
        ['c', null],
      ],
      '',
    ],
    ['{"\\u0061\\"\\n":"\\ud83d\\ude00"}', [['a"\n', '😀']], ''],
    [
      '{"a":-1.5e+3,"b":true,"c":false}',
      [
        ['a', -1500],
        ['b', true],
        ['c', false],
      ],
      '',
    ],
    ['{"__proto__":1}', [['__proto__', 1]], ''],
  ];
  for (const [text, members, rest] of cases) {
    test(text, () => assert.deepEqual(readJsonObject(text), { members, rest }));
  }
});

describe('no whole object', () => {
  const bad = [
    '',
    'null',
    '[]',
    '"{}"',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{,}',
    '{"a":1 "b":2}',
    '{a:1}',
    "{'a':1}",
    '{"a":01}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":tru}',
    '{"a":truex}',
    '{"a":"\n"}',
    '{"a":"\\x"}',
    '{"a":"\\u12g4"}',
    '{"a":[1,]}',
    '{"a":[}]}',
    '{"a":{"b"}}',
    '\ufeff{}',
    '\u00a0{}',
  ];
  for (const text of bad) {
    test(JSON.stringify(text), () => assert.equal(readJsonObject(text), undefined));
  }
});

test('agrees with JSON.parse on every object, however it is spaced, whatever follows', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), fc.string(), (object, indent, rest) => {
      const read = readJsonObject(JSON.stringify(object, null, indent) + rest);
      assert.equal(read?.rest, rest);
      assert.deepEqual(Object.fromEntries(read.members), JSON.parse(JSON.stringify(object)));
    }),
  );
});

test('takes exactly the texts that JSON.parse takes, when nothing may follow', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    '\\',
    '1',
    '-',
    'null',
    'true',
    ' ',
    '\n',
    'x',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const text = `{${pieces.join('')}`;
      const read = readJsonObject(text);
      assert.equal(read !== undefined && /^[ \t\r\n]*$/.test(read.rest), isJson(text));
    }),
    { numRuns: 3000 },
  );
});

test('a body of nothing but brackets costs no stack', () => {
  assert.equal(readJsonObject(`{"a":${'['.repeat(65_000)}`), undefined);
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
