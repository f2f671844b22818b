import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { addressOctets, addressText, plainAddress } from './address.ts';

describe('addresses', () => {
  // RFC 5952 section 4 and RFC 4291 section 2.2: what is written, and how it is shown.
  const ROWS: [string, string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::A', '2001:db8::a'],
    ['::ffff:192.0.2.33', '::ffff:c000:221'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['10:20::30:0', '10:20::30:0'],
  ];
  for (const [text, shown] of ROWS) {
    test(`${text} is ${shown}`, () => {
      const octets = addressOctets(text);
      assert.ok(octets);
      assert.equal(addressText(octets), shown);
    });
  }

  test('what is no address is none', () => {
    for (const text of ['', 'localhost', '192.0.2', '1.2.3.4.5', 'fe80::1%eth0', ':::', '12345::']) {
      assert.equal(addressOctets(text), undefined, text);
    }
  });

  test('any octets go to text and back', () => {
    const octets = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }),
    );
    fc.assert(
      fc.property(octets, (each) =>
        assert.deepEqual([...(addressOctets(addressText(Uint8Array.from(each))) ?? [])], [...each]),
      ),
    );
  });

  test('an IPv4 peer of a dual-stack socket is shown as what it is', () => {
    assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(plainAddress('2001:db8::1'), '2001:db8::1');
  });
});
