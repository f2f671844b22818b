import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCertificateName } from '../core/domain-name.ts';
import { certificateIdFor } from './certificate-id.ts';
import { requestFingerprint } from './request-fingerprint.ts';

const label = 'a'.repeat(60);
const long = `${label}.${label}.${label}.example.org`;
const idOf = (...names: string[]) => certificateIdFor(names.map(parseCertificateName));

describe('certificateIdFor', () => {
  test('the first name decides', () => {
    assert.equal(idOf('example.org', '*.example.org'), 'example.org');
    assert.equal(idOf('*.example.org', 'example.org'), '_wildcard.example.org');
    assert.equal(idOf('BÜCHER.example'), 'xn--bcher-kva.example');
  });

  test('it is always a file name that leaves room for more', () => {
    for (const name of [long, `*.${long}`]) {
      assert.match(idOf(name), /^[a-z0-9_][a-z0-9._-]{0,179}$/);
      assert.equal(idOf(name), idOf(name));
    }
    assert.notEqual(idOf(long), idOf(`b${long.slice(1)}`));
    assert.notEqual(idOf(long), idOf(long.replace('example.org', 'example.net')));
  });

  test('without a name there is none', () => assert.throws(() => certificateIdFor([]), RangeError));
});

describe('requestFingerprint', () => {
  const request = {
    id: 'a',
    names: ['a.example.org', 'b.example.org'].map(parseCertificateName),
    ca: 'https://ca.example/directory',
    keyType: 'P-256' as const,
  };
  const same = requestFingerprint(request);

  test('what a CA would not notice changes nothing', () => {
    assert.equal(
      requestFingerprint({ ...request, id: 'b', names: request.names.toReversed(), preferredChain: 'X' }),
      same,
    );
  });

  for (const [what, changed] of Object.entries({
    names: { ...request, names: request.names.slice(1) },
    ca: { ...request, ca: 'https://other.example/directory' },
    'key type': { ...request, keyType: 'P-384' as const },
    profile: { ...request, profile: 'shortlived' },
  })) {
    test(`another ${what} is another request`, () => assert.notEqual(requestFingerprint(changed), same));
  }
});
