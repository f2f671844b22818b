import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { DomainError } from '../core/error.ts';
import { generateKey, keyTypeOf, parsePrivateKey } from './key.ts';
import type { KeyType } from './key.ts';

describe('keys', () => {
  for (const type of ['P-256', 'P-384', 'RSA-2048', 'RSA-3072'] satisfies KeyType[]) {
    test(`${type} is made as PKCS#8 and read back`, async () => {
      const pem = await generateKey(type);
      assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/);
      assert.equal(keyTypeOf(parsePrivateKey(pem)), type);
    });
  }

  test('each call makes another key', async () => {
    assert.notEqual(await generateKey('P-256'), await generateKey('P-256'));
  });

  test('the older forms of other programs are read', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    assert.ok(parsePrivateKey(rsa.export({ type: 'pkcs1', format: 'pem' })).equals(rsa));
    assert.ok(parsePrivateKey(ec.export({ type: 'sec1', format: 'pem' })).equals(ec));
  });

  const others = {
    Ed25519: generateKeyPairSync('ed25519').publicKey,
    'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey,
    'RSA 1024': generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey,
  };
  for (const [name, key] of Object.entries(others)) {
    test(`${name} is none of the key types`, () => assert.equal(keyTypeOf(key), undefined));
  }

  const secret = 'bm90LWEta2V5LWJ1dC1zZWNyZXQ=';
  const encrypted = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const refused: [string, string, RegExp][] = [
    ['nothing', '', /cannot be read/],
    ['no key', `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`, /cannot be read/],
    ['an encrypted key', encrypted, /passphrase/],
  ];
  for (const [what, pem, message] of refused) {
    test(`${what} is refused without showing it`, () => {
      assert.throws(
        () => parsePrivateKey(pem),
        (error) =>
          error instanceof DomainError &&
          error.code === 'invalid-key' &&
          message.test(error.message) &&
          !error.message.includes(secret) &&
          error.cause === undefined,
      );
    });
  }
});
