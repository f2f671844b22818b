import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EmbeddedJWK, flattenedVerify } from 'jose';
import { createSigningKey } from './jws.ts';
import { changeAccountKey } from './key-change.ts';
import { refusal } from './testing/scripted-ca.ts';
import type { Answer } from './testing/scripted-ca.ts';
import { newPrivateKey, privateKey, withSession } from './testing/with-ca.ts';

const newKey = newPrivateKey('P-384');

describe('changeAccountKey, RFC 8555 section 7.3.5', () => {
  test('the outer JWS is by the old key, the inner one by the new, without a nonce, for the same URL', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/key-change', () => {
      ca.knowKey(session.accountUrl, createSigningKey(newKey).jwk);
      return { json: { status: 'valid' } };
    });
    ca.script('/account/1', { json: { status: 'valid' } });
    const changed = await changeAccountKey(session, newKey, signal);
    assert.equal(changed.accountUrl, session.accountUrl);
    assert.equal(changed.thumbprint, createSigningKey(newKey).thumbprint);
    const outer = ca.seen.at(-2);
    assert.equal(outer?.header['kid'], session.accountUrl);
    const inner = await flattenedVerify(outer?.payload as Parameters<typeof flattenedVerify>[0], EmbeddedJWK);
    assert.deepEqual(inner.protectedHeader, {
      alg: 'ES384',
      jwk: createSigningKey(newKey).jwk,
      url: `${ca.url}/key-change`,
    });
    assert.deepEqual(JSON.parse(Buffer.from(inner.payload).toString()), {
      account: session.accountUrl,
      oldKey: createSigningKey(privateKey).jwk,
    });
  });

  test('the key that is there already needs no request', async (t) => {
    const { ca, session, signal } = await withSession(t);
    const before = ca.log.length;
    assert.equal((await changeAccountKey(session, privateKey, signal)).thumbprint, session.thumbprint);
    assert.equal(ca.log.length, before);
  });

  // The scripted CA knows the old key only, so it refuses what the new one signs, as a CA does that has not changed it.
  const refusals: [what: string, answer: Answer, code: string][] = [
    ['the key of another account', { status: 409, headers: { location: '/account/2' } }, 'acme-conflict'],
    ['a bad key', refusal('badPublicKey', 'too small'), 'acme-bad-public-key'],
    ['a deactivated account', refusal('unauthorized', 'deactivated', 403), 'acme-unauthorized'],
    ['a rate limit', refusal('rateLimited', 'too many', 429), 'acme-rate-limited'],
  ];
  for (const [what, answer, code] of refusals) {
    test(`${what} is told`, async (t) => {
      const { ca, session, signal } = await withSession(t);
      ca.script('/key-change', answer);
      await assert.rejects(changeAccountKey(session, newKey, signal), { code });
    });
  }

  test('a change that the CA confirms but did not make is told', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/key-change', {});
    await assert.rejects(changeAccountKey(session, newKey, signal), {
      code: 'acme-conflict',
      message: /but does not take it/,
    });
  });

  test('a change that was made before, or whose answer was lost, is success', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/key-change', ({ header }) => {
      assert.equal(header['kid'], session.accountUrl);
      ca.knowKey(session.accountUrl, createSigningKey(newKey).jwk);
      return { status: 409, headers: { location: session.accountUrl } };
    });
    ca.script('/account/1', { json: { status: 'valid' } });
    const changed = await changeAccountKey(session, newKey, signal);
    assert.equal(changed.thumbprint, createSigningKey(newKey).thumbprint);
  });
});
