import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { calculateJwkThumbprint, flattenedVerify, importJWK } from 'jose';
import { dns01Value } from './challenge.ts';
import { createSigningKey, signJws, thumbprintOf } from './jws.ts';
import type { Jwk } from './jws.ts';
import { newPrivateKey } from './testing/with-ca.ts';

function rsaKey(modulusLength: number): string {
  return generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ type: 'pkcs8', format: 'pem' });
}

const keys: [what: string, pem: string, algorithm: string][] = [
  ['P-256', newPrivateKey('P-256'), 'ES256'],
  ['P-384', newPrivateKey('P-384'), 'ES384'],
  ['RSA 2048', rsaKey(2048), 'RS256'],
  ['RSA 3072', rsaKey(3072), 'RS256'],
];

describe('a JWS by an account key, RFC 8555 section 6.2', () => {
  for (const [what, pem, algorithm] of keys) {
    test(`${what} signs ${algorithm}, and jose agrees`, async () => {
      const key = createSigningKey(pem);
      assert.equal(key.algorithms[0], algorithm);
      for (const alg of key.algorithms) {
        const header = { alg, jwk: key.jwk, nonce: 'n', url: 'https://ca.example/new-order' };
        const jws = await signJws(key, header, { identifiers: [] });
        const { payload, protectedHeader } = await flattenedVerify(jws, await importJWK(key.jwk, alg));
        assert.deepEqual(JSON.parse(Buffer.from(payload).toString()), { identifiers: [] });
        assert.deepEqual(protectedHeader, header);
      }
    });

    test(`${what}: the thumbprint is jose's, and the JWK has no private member`, async () => {
      const key = createSigningKey(pem);
      assert.equal(key.thumbprint, await calculateJwkThumbprint(key.jwk));
      const members = Object.keys(key.jwk).toSorted();
      assert.deepEqual(members, key.jwk.kty === 'EC' ? ['crv', 'kty', 'x', 'y'] : ['e', 'kty', 'n']);
      assert.doesNotMatch(JSON.stringify(key), /"d"|PRIVATE/);
    });
  }

  test('POST-as-GET has an empty payload, an empty object has two braces', async () => {
    const key = createSigningKey(newPrivateKey());
    assert.equal((await signJws(key, { alg: 'ES256' }, undefined)).payload, '');
    assert.equal((await signJws(key, { alg: 'ES256' }, {})).payload, 'e30');
  });

  const refused: [what: string, pem: string, code: string][] = [
    ['P-521, which Let’s Encrypt refuses', newPrivateKey('P-521'), 'acme-unsupported-key'],
    ['RSA 1024', rsaKey(1024), 'acme-unsupported-key'],
    [
      'Ed25519',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'acme-unsupported-key',
    ],
    ['no key', 'garbage', 'invalid-key'],
  ];
  for (const [what, pem, code] of refused) {
    test(`${what} is refused`, () => assert.throws(() => createSigningKey(pem), { code }));
  }
});

test('RFC 7638 section 3.1: the example key', () => {
  const jwk: Jwk = {
    kty: 'RSA',
    n:
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs' +
      'tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbIS' +
      'D08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    e: 'AQAB',
  };
  assert.equal(thumbprintOf(jwk), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
});

test('RFC 8555 section 8.4: SHA-256 of token, dot, thumbprint, in 43 characters', () => {
  // The digest of 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' by openssl.
  const value = dns01Value(
    'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA',
  );
  assert.equal(value, 'ZTRx1Ckl1-tM05o5zaizTTA0yUy5AGereMgSNWC6Ll8');
  assert.match(value, /^[A-Za-z0-9_-]{43}$/);
});
