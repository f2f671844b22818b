import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import { DomainError } from '../core/error.ts';
import { encodePrivateKey, privateKeyDer } from './encode-key.ts';
import { generateKey, parsePrivateKey } from './key.ts';
import { keyDifferences, keyMatches, keySpecOf } from './key-spec.ts';
import type { KeySpec } from './key-spec.ts';
import { publicKeyFingerprint, samePublicKey } from './public-key.ts';
import { hasOpenssl, openssl } from './testing/openssl.ts';

const NEEDS_OPENSSL = { skip: !hasOpenssl && 'needs openssl' };

describe('keys as a Certificate asks for them', () => {
  const made: [spec: KeySpec, found: KeySpec, pkcs1: string][] = [
    [{ algorithm: 'RSA' }, { algorithm: 'RSA', size: 2048 }, 'RSA PRIVATE KEY'],
    [{ algorithm: 'RSA', size: 2056 }, { algorithm: 'RSA', size: 2056 }, 'RSA PRIVATE KEY'],
    [{ algorithm: 'ECDSA' }, { algorithm: 'ECDSA', size: 256 }, 'EC PRIVATE KEY'],
    [{ algorithm: 'ECDSA', size: 384 }, { algorithm: 'ECDSA', size: 384 }, 'EC PRIVATE KEY'],
    [{ algorithm: 'ECDSA', size: 521 }, { algorithm: 'ECDSA', size: 521 }, 'EC PRIVATE KEY'],
    [{ algorithm: 'Ed25519' }, { algorithm: 'Ed25519' }, 'PRIVATE KEY'],
  ];
  for (const [spec, found, pkcs1] of made) {
    test(`${spec.algorithm} ${spec.size ?? ''} is made, fits, and is written both ways`, NEEDS_OPENSSL, async () => {
      const key = parsePrivateKey(await generateKey(spec));
      assert.deepEqual(keySpecOf(key), found);
      assert.equal(keyMatches(spec, key), undefined);
      for (const [encoding, label] of [
        ['PKCS1', pkcs1],
        ['PKCS8', 'PRIVATE KEY'],
      ] as const) {
        const pem = encodePrivateKey(key, encoding);
        assert.ok(pem.startsWith(`-----BEGIN ${label}-----\n`) && pem.endsWith(`-----END ${label}-----\n`));
        assert.ok(createPrivateKey(pem).equals(key));
        const { code, said } = openssl(['pkey', '-inform', 'DER', '-in', 'key.der', '-noout', '-check'], {
          'key.der': privateKeyDer(pem),
        });
        assert.equal(code, 0, said);
      }
    });
  }

  const refused: KeySpec[] = [
    { algorithm: 'RSA', size: 1024 },
    { algorithm: 'RSA', size: 8193 },
    { algorithm: 'RSA', size: 2048.5 },
    { algorithm: 'ECDSA', size: 255 },
  ];
  for (const spec of refused) {
    test(`${spec.algorithm} ${spec.size ?? ''} is not made`, async () => {
      await assert.rejects(generateKey(spec), (error) => error instanceof DomainError && error.code === 'invalid-key');
    });
  }

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const ed25519 = generateKeyPairSync('ed25519').privateKey;
  const k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
  const differing: [spec: KeySpec, key: KeyObject, fields: string[], sentence: RegExp | undefined][] = [
    [{ algorithm: 'RSA' }, rsa, [], undefined],
    [{ algorithm: 'RSA', size: 3072 }, rsa, ['spec.privateKey.size'], /RSA with 2048 bits, and RSA with 3072 bits/],
    [{ algorithm: 'ECDSA' }, rsa, ['spec.privateKey.algorithm'], /RSA with 2048 bits, and ECDSA with 256 bits/],
    [{ algorithm: 'ECDSA', size: 384 }, p256, ['spec.privateKey.size'], /ECDSA with 256 bits/],
    [{ algorithm: 'Ed25519' }, p256, ['spec.privateKey.algorithm'], /and Ed25519 is/],
    [{ algorithm: 'RSA' }, ed25519, ['spec.privateKey.algorithm'], /the key is Ed25519/],
    [{ algorithm: 'ECDSA' }, k1, ['spec.privateKey.algorithm'], /a kind that is not supported/],
  ];
  for (const [spec, key, fields, sentence] of differing) {
    test(`a key of type ${key.asymmetricKeyType} where ${spec.algorithm} ${spec.size ?? ''} is asked for`, () => {
      assert.deepEqual(keyDifferences(spec, key), fields);
      if (sentence === undefined) assert.equal(keyMatches(spec, key), undefined);
      else assert.match(keyMatches(spec, key) ?? '', sentence);
    });
  }

  test('both halves of a pair are the same key, two pairs are not', () => {
    assert.ok(samePublicKey(p256, createPublicKey(p256)));
    assert.equal(publicKeyFingerprint(p256), publicKeyFingerprint(createPublicKey(p256)));
    assert.match(publicKeyFingerprint(p256), /^[0-9a-f]{64}$/);
    assert.ok(!samePublicKey(p256, k1));
    assert.ok(!samePublicKey(p256, rsa));
  });

  test('comparing keys of different kinds does not spoil the next key that is read', () => {
    const pem = p256.export({ type: 'pkcs8', format: 'pem' });
    for (const other of [rsa, ed25519]) {
      assert.equal(samePublicKey(p256, other), false);
      assert.ok(parsePrivateKey(pem).equals(p256));
    }
  });

  test('what holds no key has no DER', () => {
    assert.throws(
      () => privateKeyDer('nothing'),
      (error) => error instanceof DomainError && error.code === 'invalid-key',
    );
  });
});
