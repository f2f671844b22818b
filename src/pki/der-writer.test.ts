import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { derChildren, readDer } from './der.ts';
import {
  bitString,
  boolean,
  der,
  explicit,
  integer,
  namedBits,
  octetString,
  sequence,
  setOf,
  time,
} from './der-writer.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('DER (X.690)', () => {
  for (const [name, written, expected] of [
    ['zero', integer(0), '020100'],
    ['127', integer(127), '02017f'],
    ['128 has a sign octet', integer(128), '02020080'],
    ['2048', integer(2048), '02020800'],
    ['needless zeros go', integer(Uint8Array.of(0, 0, 0x7f)), '02017f'],
    ['a high bit gets a zero', integer(Uint8Array.of(0x80, 0)), '0203008000'],
    ['true', boolean(true), '0101ff'],
    ['a bit string of whole octets', bitString(Uint8Array.of(1, 2)), '0303000102'],
    ['digital signature', namedBits([0]), '03020780'],
    ['digital signature, key encipherment', namedBits([0, 2]), '030205a0'],
    ['decipher only', namedBits([0, 8]), '0303078080'],
    ['no bits', namedBits([]), '030100'],
    ['explicit', explicit(3, integer(1)), 'a303020101'],
    ['a set is sorted', setOf(Uint8Array.of(5, 0), Uint8Array.of(1, 1, 0)), '31050101000500'],
    [
      'the last second of UTCTime',
      time(Date.UTC(2049, 11, 31, 23, 59, 59)),
      `170d${hex(Buffer.from('491231235959Z'))}`,
    ],
    ['the first of GeneralizedTime', time(Date.UTC(2050, 0, 1)), `180f${hex(Buffer.from('20500101000000Z'))}`],
  ] as const) {
    test(name, () => assert.equal(hex(written), expected));
  }

  for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
    test(`content of ${length} octets is read back`, () => {
      const content = new Uint8Array(length).fill(7);
      const element = readDer(octetString(content));
      assert.deepEqual([element.tag, element.content.length, element.end], [4, length, octetString(content).length]);
    });
  }

  test('what is nested is read back', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 }), (contents) => {
        const written = sequence(...contents.map((content) => der(0x04, content)));
        const read = derChildren(readDer(written).content);
        assert.deepEqual(
          read.map(({ content }) => hex(content)),
          contents.map(hex),
        );
        assert.equal(hex(Buffer.concat(read.map(({ encoded }) => encoded))), hex(readDer(written).content));
      }),
    );
  });
});
