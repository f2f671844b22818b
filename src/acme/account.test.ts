import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { flattenedVerify } from 'jose';
import { deactivateAccount, getAccount, openAccount, registerAccount, updateContact } from './account.ts';
import { directoryAt, refusal } from './testing/scripted-ca.ts';
import type { Answer } from './testing/scripted-ca.ts';
import { newPrivateKey, privateKey, withCa, withSession } from './testing/with-ca.ts';

const termsOfServiceAgreed = true;

describe('registerAccount, RFC 8555 section 7.3', () => {
  test('sends what it must, and nothing of contacts when there are none', async (t) => {
    const { ca, session } = await withSession(t);
    assert.equal(session.accountUrl, `${ca.url}/account/1`);
    assert.match(session.thumbprint, /^[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(ca.seen.at(-1)?.payload, { termsOfServiceAgreed: true });
  });

  test('contacts are mailto: URLs', async (t) => {
    const { ca, client, signal } = await withCa(t);
    const contact = ['admin@example.org', 'mailto:root@example.org'];
    await registerAccount(client, { privateKey, termsOfServiceAgreed, contact }, signal);
    assert.deepEqual(ca.seen.at(-1)?.payload, {
      termsOfServiceAgreed: true,
      contact: ['mailto:admin@example.org', 'mailto:root@example.org'],
    });
  });

  test('onlyReturnExisting asks without agreeing to anything', async (t) => {
    const { ca, client, signal } = await withCa(t);
    ca.script('/new-account', refusal('accountDoesNotExist', 'no account for this key'));
    const looking = registerAccount(client, { privateKey, termsOfServiceAgreed, onlyReturnExisting: true }, signal);
    await assert.rejects(looking, { code: 'acme-account-does-not-exist', message: /refused to find the account/ });
    assert.deepEqual(ca.seen.at(-1)?.payload, { onlyReturnExisting: true });
  });

  test('an existing account is found by its Location, whatever the body is', async (t) => {
    const { ca, client, signal } = await withCa(t);
    ca.script('/new-account', { status: 200, headers: { location: '/account/7' } });
    const session = await registerAccount(client, { privateKey, termsOfServiceAgreed }, signal);
    assert.equal(session.accountUrl, `${ca.url}/account/7`);
  });

  test('the external account is bound inside, for the URL of newAccount', async (t) => {
    const { ca, client, signal } = await withCa(t);
    const secret = Buffer.alloc(32, 7);
    const externalAccountBinding = { keyId: 'kid', hmacKey: secret.toString('base64url'), algorithm: 'HS384' as const };
    await registerAccount(client, { privateKey, termsOfServiceAgreed, externalAccountBinding }, signal);
    const { payload, header } = ca.seen.at(-1) ?? {};
    const inner = (payload as { externalAccountBinding: Parameters<typeof flattenedVerify>[0] }).externalAccountBinding;
    const verified = await flattenedVerify(inner, secret);
    assert.deepEqual(verified.protectedHeader, { alg: 'HS384', kid: 'kid', url: `${ca.url}/new-account` });
    assert.deepEqual(JSON.parse(Buffer.from(verified.payload).toString()), header?.['jwk']);
  });

  test('a CA that takes only customers is not asked without a binding', async (t) => {
    const { ca, client, signal } = await withCa(t);
    const meta = { externalAccountRequired: true, website: 'https://ca.example/customers' };
    ca.script('/directory', { json: { ...directoryAt(ca.url), meta } });
    await assert.rejects(registerAccount(client, { privateKey, termsOfServiceAgreed }, signal), {
      code: 'acme-external-account-required',
      message: /takes only accounts of its customers.*https:\/\/ca\.example\/customers/,
      retry: { kind: 'never' },
    });
    assert.deepEqual(ca.log, ['GET /directory']);
  });

  test('a typing error in the HMAC key costs no request at all', async (t) => {
    const { ca, client, signal } = await withCa(t);
    const externalAccountBinding = { keyId: 'kid', hmacKey: '"quoted"' };
    await assert.rejects(
      registerAccount(client, { privateKey, termsOfServiceAgreed, externalAccountBinding }, signal),
      {
        code: 'acme-invalid-external-account',
      },
    );
    assert.deepEqual(ca.log, []);
  });

  const faults: [what: string, answer: Answer, code: string][] = [
    ['no Location', { status: 201, json: { status: 'valid' } }, 'acme-bad-response'],
    ['a body that is no account', { headers: { location: '/a' }, body: '<html>' }, 'acme-bad-response'],
    ['an unknown status', { headers: { location: '/a' }, json: { status: 'odd' } }, 'acme-bad-response'],
    ['a deactivated account', { headers: { location: '/a' }, json: { status: 'deactivated' } }, 'acme-unauthorized'],
    ['new terms', refusal('userActionRequired', 'terms changed', 403), 'acme-user-action-required'],
    ['a wrong external account', refusal('unauthorized', 'unknown kid', 403), 'acme-unauthorized'],
    ['a bad contact', refusal('invalidContact', 'no such domain'), 'acme-invalid-contact'],
  ];
  for (const [what, answer, code] of faults) {
    test(`${what} is told`, async (t) => {
      const { ca, client, signal } = await withCa(t);
      ca.script('/new-account', answer);
      await assert.rejects(registerAccount(client, { privateKey, termsOfServiceAgreed }, signal), {
        code,
        retry: { kind: code === 'acme-bad-response' ? 'backoff' : 'never' },
      });
    });
  }
});

test('openAccount makes no request and signs with the account', async (t) => {
  const { ca, client, signal } = await withCa(t);
  await registerAccount(client, { privateKey, termsOfServiceAgreed }, signal);
  const before = ca.log.length;
  const session = openAccount(client, { privateKey, url: `${ca.url}/account/1` });
  assert.equal(ca.log.length, before);
  ca.script('/account/1', { json: { status: 'valid', contact: ['mailto:a@example.org'], orders: '/orders/1' } });
  assert.deepEqual(await getAccount(session, signal), {
    status: 'valid',
    contact: ['mailto:a@example.org'],
    ordersUrl: `${ca.url}/orders/1`,
  });
  assert.throws(() => openAccount(client, { privateKey: newPrivateKey('P-521'), url: 'x' }), {
    code: 'acme-unsupported-key',
  });
});

test('contacts are replaced, removed with an empty list; the account is deactivated', async (t) => {
  const { ca, session, signal } = await withSession(t);
  ca.script('/account/1', ({ payload }) => ({ json: { status: 'valid', contact: null, ...(payload as object) } }));
  assert.deepEqual((await updateContact(session, ['a@example.org'], signal)).contact, ['mailto:a@example.org']);
  assert.deepEqual((await updateContact(session, [], signal)).contact, []);
  assert.equal((await deactivateAccount(session, signal)).status, 'deactivated');
  assert.deepEqual(
    ca.seen.slice(-3).map(({ payload }) => payload),
    [{ contact: ['mailto:a@example.org'] }, { contact: [] }, { status: 'deactivated' }],
  );
});

test('a session shows no private key', async (t) => {
  const { inspect } = await import('node:util');
  const { session } = await withSession(t);
  const d = JSON.stringify(session) + inspect(session, { depth: 10, showHidden: true });
  const secret = (await import('node:crypto')).createPrivateKey(privateKey).export({ format: 'jwk' }).d ?? '';
  assert.ok(secret.length > 40 && !d.includes(secret) && !d.includes('PRIVATE KEY'));
});
