import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { ipOctets, ipText } from './ip-address.ts';

describe('IP addresses', () => {
  for (const [text, hex, canonical] of [
    ['192.0.2.7', 'c0000207', '192.0.2.7'],
    ['2001:db8::7', '20010db8000000000000000000000007', '2001:db8::7'],
    ['2001:0DB8:0:0:0:0:0:7', '20010db8000000000000000000000007', '2001:db8::7'],
    ['::', '00'.repeat(16), '::'],
    ['::1', `${'00'.repeat(15)}01`, '::1'],
    ['::ffff:192.0.2.7', 'c0000207', '192.0.2.7'],
    ['fe80::1:2', 'fe800000000000000000000000010002', 'fe80::1:2'],
  ] as const) {
    test(text, () => {
      const octets = ipOctets(text);
      assert.ok(octets);
      assert.equal(Buffer.from(octets).toString('hex'), hex);
      assert.equal(ipText(octets), canonical);
    });
  }

  for (const text of ['', '192.0.2', '192.0.2.256', 'fe80::1%eth0', 'example.org', '1::2::3', '010.0.0.1']) {
    test(`"${text}" is none`, () => assert.equal(ipOctets(text), undefined));
  }

  test('16 octets become text that means the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
        const read = ipOctets(ipText(octets));
        const mapped = Buffer.from(octets)
          .toString('hex')
          .startsWith(`${'00'.repeat(10)}ffff`);
        assert.deepEqual(Buffer.from(read ?? []), Buffer.from(mapped ? octets.subarray(12) : octets));
      }),
    );
  });

  test('other lengths are no address', () => assert.throws(() => ipText(new Uint8Array(5)), RangeError));
});
