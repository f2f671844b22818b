import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { readDer } from './der.ts';
import { encodeName, readableName, readName } from './distinguished-name.ts';
import { subjectFieldsOf, subjectName } from './subject.ts';

const ALL = {
  countries: ['DE'],
  organizations: ['Example'],
  organizationalUnits: ['Web', 'Shop'],
  localities: ['Berlin'],
  provinces: ['BE'],
  streetAddresses: ['Street 1'],
  postalCodes: ['10115'],
  serialNumber: '7',
};

describe('subjects', () => {
  test('are written in the order of Go, one RDN for each list', () => {
    assert.equal(
      readableName(subjectName(ALL, 'example.org')),
      'SERIALNUMBER=7,CN=example.org,POSTALCODE=10115,STREET=Street 1,ST=BE,L=Berlin,OU=Web+OU=Shop,O=Example,C=DE',
    );
  });

  test('a list is a set in DER: the shorter encoding first', () => {
    const [units] = readName(readDer(encodeName(subjectName({ organizationalUnits: ['Shop', 'Web'] }))));
    assert.deepEqual(
      units?.map(({ value }) => value),
      ['Web', 'Shop'],
    );
  });

  for (const [value, tag] of [
    ['Example Ltd. (1)', 0x13],
    ['*.example.org', 0x0c],
    ['A & B', 0x0c],
    ['Käse', 0x0c],
    ['', 0x13],
  ] as const) {
    test(`"${value}" is a string of type ${tag}`, () => {
      const encoded = encodeName([[{ oid: '2.5.4.3', value }]]);
      assert.equal(encoded[encoded.length - Buffer.byteLength(value) - 2], tag);
    });
  }

  test('fields are read back', () => {
    const list = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), { maxLength: 3 });
    const subject = fc.record({
      countries: list,
      organizations: list,
      organizationalUnits: list,
      localities: list,
      provinces: list,
      streetAddresses: list,
      postalCodes: list,
      serialNumber: fc.string({ unit: 'grapheme' }),
    });
    fc.assert(
      fc.property(subject, fc.string({ unit: 'grapheme' }), (fields, commonName) => {
        const { commonName: foundName, ...found } = subjectFieldsOf(
          readName(readDer(encodeName(subjectName(fields, commonName)))),
        );
        assert.equal(foundName, commonName);
        const sorted = (record: object): unknown =>
          Object.fromEntries(
            Object.entries(record).map(([key, value]) => [
              key,
              Array.isArray(value) ? (value as string[]).toSorted((one, other) => (one < other ? -1 : 1)) : value,
            ]),
          );
        assert.deepEqual(sorted(found), sorted(fields));
      }),
    );
  });

  test('for people, special characters are escaped', () => {
    assert.equal(readableName([[{ oid: '2.5.4.3', value: ' a,"b"+ ' }]]), String.raw`CN=\ a\,\"b\"\+\ `);
  });
});
