import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DomainError } from '../core/error.ts';
import { readDer } from './der.ts';
import { encodeNameConstraints, readNameConstraints } from './name-constraints.ts';

describe('name constraints (RFC 5280 section 4.2.1.10)', () => {
  test('every kind is read back, permitted and excluded', () => {
    const permitted = {
      dnsDomains: ['example.org'],
      ipRanges: ['10.0.0.0/9', '2001:db8::/33'],
      emailAddresses: ['example.org'],
      uriDomains: ['.example.org'],
    };
    const excluded = { dnsDomains: [], ipRanges: ['0.0.0.0/0', '192.0.2.1/32'], emailAddresses: [], uriDomains: [] };
    const encoded = encodeNameConstraints({ critical: true, permitted, excluded });
    assert.ok(encoded);
    assert.deepEqual(readNameConstraints(readDer(encoded), true), { critical: true, permitted, excluded });
  });

  test('bits behind the mask are dropped', () => {
    const encoded = encodeNameConstraints({ permitted: { ipRanges: ['10.255.3.4/9'] } });
    assert.deepEqual(encoded && readNameConstraints(readDer(encoded), false).permitted?.ipRanges, ['10.128.0.0/9']);
  });

  test('nothing constrained is no extension', () => {
    assert.equal(encodeNameConstraints({ critical: true, permitted: {}, excluded: { dnsDomains: [] } }), undefined);
  });

  for (const range of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '::/129', 'x/8']) {
    test(`"${range}" is no network`, () => {
      assert.throws(
        () => encodeNameConstraints({ permitted: { ipRanges: [range] } }),
        (error) => error instanceof DomainError && error.code === 'invalid-name',
      );
    });
  }

  test('a mask with holes cannot be read', () => {
    assert.throws(
      () => readNameConstraints(readDer(Buffer.from('300ea00c300a87080a000000ff00ff00', 'hex')), false),
      RangeError,
    );
  });
});
