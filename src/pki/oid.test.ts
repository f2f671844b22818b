import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { dottedOid, isOid, oidContent } from './oid.ts';

describe('object identifiers (X.690 section 8.19)', () => {
  for (const [dotted, hex] of [
    ['1.2.840.113549.1.1.11', '2a864886f70d01010b'],
    ['2.5.4.3', '550403'],
    ['2.999.3', '883703'],
    ['0.9.2342.19200300.100.1.25', '0992268993f22c640119'],
    ['2.16.840.1.113894.746875.1.1', '6086480186f966adca7b0101'],
    ['1.39', '4f'],
  ] as const) {
    test(dotted, () => {
      assert.equal(Buffer.from(oidContent(dotted)).toString('hex'), hex);
      assert.equal(dottedOid(Buffer.from(hex, 'hex')), dotted);
    });
  }

  for (const text of [
    '',
    '1',
    '3.1',
    '1.40',
    '1..2',
    '1.2.',
    '01.2',
    '1.02',
    'BAD_OID',
    '1.2.-3',
    `1.2.${'9'.repeat(300)}`,
  ]) {
    test(`"${text.slice(0, 20)}" is none`, () => {
      assert.equal(isOid(text), false);
      assert.throws(() => oidContent(text), RangeError);
    });
  }

  test('octets that stop in the middle of an arc are refused', () => {
    assert.throws(() => dottedOid(Uint8Array.of(0x2a, 0x86)), RangeError);
    assert.throws(() => dottedOid(new Uint8Array()), RangeError);
  });

  test('whatever is written is read back', () => {
    const arcs = fc.tuple(
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 39 }),
      fc.array(fc.bigInt({ min: 0n, max: 1n << 70n }), { maxLength: 8 }),
    );
    fc.assert(
      fc.property(arcs, ([first, second, rest]) => {
        const dotted = [first, second, ...rest].join('.');
        assert.equal(dottedOid(oidContent(dotted)), dotted);
      }),
    );
  });
});
