import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DomainError } from '../core/error.ts';
import { readDer } from './der.ts';
import {
  CERTIFICATE_USAGES,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  keyUsages,
  readExtendedKeyUsage,
  readKeyUsage,
  usageNames,
} from './key-usage.ts';

describe('key usages', () => {
  test('there are 23 words for them', () => assert.equal(CERTIFICATE_USAGES.length, 23));

  for (const usage of CERTIFICATE_USAGES) {
    test(`"${usage}" comes through DER`, () => {
      const { bits, extended } = keyUsages([usage], false);
      assert.equal(bits.length + extended.length, 1);
      const read = {
        bits: readKeyUsage(readDer(encodeKeyUsage(bits))),
        extended: readExtendedKeyUsage(readDer(encodeExtendedKeyUsage(extended))),
      };
      const same = { signing: 'digital signature', 's/mime': 'email protection' }[usage as string] ?? usage;
      assert.deepEqual(usageNames(read), [same]);
    });
  }

  for (const none of [undefined, []]) {
    test(`${none === undefined ? 'no list' : 'an empty list'} means the default`, () => {
      assert.deepEqual(usageNames(keyUsages(none, false)), ['digital signature', 'key encipherment']);
    });
  }

  test('a CA may sign certificates, whatever is asked for', () => {
    assert.deepEqual(usageNames(keyUsages(undefined, true)), ['digital signature', 'key encipherment', 'cert sign']);
    assert.deepEqual(usageNames(keyUsages(['server auth'], true)), ['cert sign', 'server auth']);
  });

  test('what means the same is there once', () => {
    assert.deepEqual(keyUsages(['signing', 'digital signature', 's/mime', 'email protection'], false), {
      bits: [0],
      extended: ['1.3.6.1.5.5.7.3.4'],
    });
  });

  test('extended usages keep their order, bits do not', () => {
    assert.deepEqual(usageNames(keyUsages(['client auth', 'key encipherment', 'server auth', 'signing'], false)), [
      'digital signature',
      'key encipherment',
      'client auth',
      'server auth',
    ]);
  });

  test('an unknown word is named', () => {
    assert.throws(
      () => keyUsages(['server auth', 'toString', 'nonsense'], false),
      (error) =>
        error instanceof DomainError &&
        error.code === 'invalid-usage' &&
        error.message === 'unknown key usages: [toString nonsense]',
    );
  });
});
