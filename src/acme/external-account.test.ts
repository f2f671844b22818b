import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { flattenedVerify } from 'jose';
import { bindExternalAccount, decodeHmacKey } from './external-account.ts';
import { createSigningKey } from './jws.ts';
import { newPrivateKey } from './testing/with-ca.ts';

const { jwk } = createSigningKey(newPrivateKey());
const url = 'https://ca.example/new-account';

describe('external account binding, RFC 8555 section 7.3.4', () => {
  for (const algorithm of ['HS256', 'HS384', 'HS512'] as const) {
    test(`${algorithm}, and jose agrees`, async () => {
      const secret = randomBytes(64);
      const binding = { keyId: 'kid-1', hmacKey: secret.toString('base64url'), algorithm };
      const { payload, protectedHeader } = await flattenedVerify(bindExternalAccount(binding, jwk, url), secret);
      assert.deepEqual(protectedHeader, { alg: algorithm, kid: 'kid-1', url });
      assert.deepEqual(JSON.parse(Buffer.from(payload).toString()), jwk);
    });
  }

  test('HS256 unless told', async () => {
    const secret = randomBytes(32);
    const jws = bindExternalAccount({ keyId: ' kid ', hmacKey: secret.toString('base64') }, jwk, url);
    const { protectedHeader } = await flattenedVerify(jws, secret);
    assert.deepEqual(protectedHeader, { alg: 'HS256', kid: 'kid', url });
  });

  // Bytes whose base64 has both characters that differ, and padding.
  const secret = Buffer.from('fbefbefbff00ff', 'hex');
  const forms: [what: string, text: string][] = [
    ['base64url', secret.toString('base64url')],
    ['base64url with padding', `${secret.toString('base64url')}==`],
    ['base64', secret.toString('base64')],
    ['base64 without padding', secret.toString('base64').replace(/=+$/, '')],
    [
      'with line ends from copying',
      ` ${secret.toString('base64').slice(0, 4)}\r\n${secret.toString('base64').slice(4)}\n`,
    ],
  ];
  for (const [what, hmacKey] of forms) {
    test(`the HMAC key is read as ${what}`, () => {
      assert.deepEqual(Buffer.from(decodeHmacKey({ keyId: 'k', hmacKey })), secret);
    });
  }

  const faults: [what: string, keyId: string, hmacKey: string, algorithm: string, why: RegExp][] = [
    ['an empty key identifier', ' ', 'abcd', 'HS256', /key identifier is empty/],
    ['an empty key', 'k', '  ==', 'HS256', /HMAC key is empty/],
    ['a quoted key', 'k', '"abcd"', 'HS256', /not base64/],
    ['a cut key', 'k', 'abcde', 'HS256', /not base64/],
    ['another algorithm', 'k', 'abcd', 'RS256', /HS256, HS384 or HS512/],
    ['a name that every object has', 'k', 'abcd', 'toString', /HS256, HS384 or HS512/],
  ];
  for (const [what, keyId, hmacKey, algorithm, why] of faults) {
    test(`${what} is refused without showing the key`, () => {
      assert.throws(
        () => decodeHmacKey({ keyId, hmacKey, algorithm: algorithm as 'HS256' }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'acme-invalid-external-account');
          assert.match(error.message, why);
          assert.ok(hmacKey.trim().length < 3 || !error.message.includes(hmacKey));
          return true;
        },
      );
    });
  }
});
