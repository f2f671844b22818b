import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { DomainError } from '../core/error.ts';
import { readDer } from './der.ts';
import { encodeSubjectNames, readSubjectNames } from './general-names.ts';
import { ipText } from './ip-address.ts';

/** Records as they are written by hand, for a strict comparison. */
function record<T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

describe('alternative names (RFC 5280 section 4.2.1.6)', () => {
  test('every kind is read back', () => {
    const ascii = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 });
    const address = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }).filter((octets) => octets[0] !== 0),
    );
    const names = record({
      dnsNames: fc.array(ascii),
      ipAddresses: fc.array(address.map(ipText)),
      uris: fc.array(ascii),
      emailAddresses: fc.array(ascii),
      otherNames: fc.array(
        record({
          oid: fc.constantFrom('1.3.6.1.4.1.311.20.2.3', '1.2.3'),
          utf8Value: fc.string({ unit: 'grapheme' }),
        }),
      ),
    });
    fc.assert(
      fc.property(names, (wanted) => {
        const encoded = encodeSubjectNames(wanted);
        if (encoded === undefined) assert.ok(Object.values(wanted).every((list) => list.length === 0));
        else assert.deepEqual(readSubjectNames(readDer(encoded)), wanted);
      }),
    );
  });

  test('kinds that nobody can ask for are passed over', () => {
    const directoryName = Buffer.from('3006a40430020500', 'hex');
    assert.deepEqual(readSubjectNames(readDer(directoryName)).dnsNames, []);
  });

  for (const [what, names] of [
    ['a name outside of ASCII', { dnsNames: ['bücher.example'] }],
    ['an empty name', { emailAddresses: [''] }],
    ['no address', { ipAddresses: ['192.0.2'] }],
    ['no identifier', { otherNames: [{ oid: 'BAD_OID', utf8Value: 'x' }] }],
  ] as const) {
    test(`${what} is refused`, () => {
      assert.throws(
        () => encodeSubjectNames(names),
        (error) => error instanceof DomainError && error.code === 'invalid-name',
      );
    });
  }
});
