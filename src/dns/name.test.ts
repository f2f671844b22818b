import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { isAtOrBelow, lowerName, nameFromText, nameToText, parentName, sameName } from './name.ts';

const bytes = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

describe('names', () => {
  const ROWS: { what: string; text: string; wire: string; back?: string }[] = [
    { what: 'RFC 1035 3.1', text: 'a.example', wire: '01610765 78616d706c6500' },
    { what: 'a dot at the end', text: 'a.example.', wire: '0161076578616d706c6500', back: 'a.example' },
    { what: 'the root', text: '.', wire: '00' },
    { what: 'RFC 1035 5.1: an escaped dot is part of the label', text: 'a\\.b.c', wire: '03612e62016300' },
    { what: 'RFC 1035 5.1: an escaped backslash', text: 'a\\\\.c', wire: '02615c016300' },
    { what: 'RFC 1035 5.1: three digits', text: 'a\\000\\255.c', wire: '036100ff016300' },
    { what: 'RFC 2181 11: any character, here a blank', text: 'a b', wire: '03612062 00', back: 'a\\032b' },
    { what: 'case is kept', text: 'ExAmPlE', wire: '0745784 16d506c4500' },
    { what: '63 octets', text: 'x'.repeat(63), wire: `3f${'78'.repeat(63)}00` },
  ];
  for (const row of ROWS) {
    test(row.what, () => {
      assert.equal(bytes(nameFromText(row.text)), row.wire.replaceAll(' ', ''));
      assert.equal(nameToText(nameFromText(row.text)), row.back ?? row.text);
    });
  }

  const BAD = ['a..b', '.a', 'x'.repeat(64), `${'abcdefg.'.repeat(32)}a`, 'a\\', 'a\\256', '\u4f8b.example'];
  for (const text of BAD) {
    test(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.throws(() => nameFromText(text), { code: 'invalid-record' });
    });
  }

  test('255 octets are allowed and 256 are not (RFC 1035 2.3.4)', () => {
    const most = `${'y'.repeat(63)}.${'y'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(61)}`;
    assert.equal(nameFromText(most).length, 255);
    assert.throws(() => nameFromText(`${most}z`), { code: 'invalid-record' });
  });

  test('RFC 4343 3: only A to Z have another case', () => {
    assert.equal(lowerName('\u0003A\u00c0Z\0'), '\u0003a\u00c0z\0');
    assert.ok(sameName('Example.ORG', 'example.org.'));
    assert.ok(!sameName('example.org', 'example.net'));
  });

  test('at or below goes by labels, not by letters', () => {
    const zone = nameFromText('example.org');
    for (const [text, expected] of [
      ['example.org', true],
      ['a.example.org', true],
      ['notexample.org', false],
      ['org', false],
      ['.', false],
    ] as const) {
      assert.equal(isAtOrBelow(nameFromText(text), zone), expected, text);
    }
    assert.ok(isAtOrBelow(nameFromText('org'), nameFromText('.')));
    // A label that ends with the octets of the zone is no zone cut.
    assert.ok(!isAtOrBelow('\u000cx\u0007example\u0003or\0', '\u0007example\u0003or\0'));
  });

  test('the parent of the root is the root', () => {
    assert.equal(parentName(parentName(nameFromText('org'))), '\0');
  });

  test('any name goes to text and back', () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
    fc.assert(
      fc.property(fc.array(label, { maxLength: 8 }), (labels) => {
        const wire = `${labels.map((octets) => String.fromCharCode(octets.length, ...octets)).join('')}\0`;
        fc.pre(wire.length <= 255);
        assert.equal(nameFromText(nameToText(wire)), wire);
      }),
    );
  });
});
