import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { expectProblem, useRehearsalCa } from './testing/running-ca.ts';
import { createSigner, sign } from './testing/strict-client.ts';
import type { HttpAnswer } from './testing/strict-client.ts';

const run = useRehearsalCa();
const key = Buffer.from('a key for tests, of no worth').toString('base64url');
const bound = useRehearsalCa({ externalAccounts: { known: key } });

describe('accounts (section 7.3)', () => {
  const table: [string, number, string, Record<string, unknown>][] = [
    ['without agreement', 400, 'malformed', {}],
    ['with agreement false', 400, 'malformed', { termsOfServiceAgreed: false }],
    ['that must exist and does not', 400, 'accountDoesNotExist', { onlyReturnExisting: true }],
    ['with a contact that is no list', 400, 'malformed', { termsOfServiceAgreed: true, contact: 'mailto:a@b.example' }],
    ['with a telephone', 400, 'unsupportedContact', { termsOfServiceAgreed: true, contact: ['tel:+1'] }],
    [
      'with two addresses in one',
      400,
      'invalidContact',
      { termsOfServiceAgreed: true, contact: ['mailto:a@b.example,c@d.example'] },
    ],
    [
      'with header fields',
      400,
      'invalidContact',
      { termsOfServiceAgreed: true, contact: ['mailto:a@b.example?subject=x'] },
    ],
  ];
  for (const [what, status, type, payload] of table) {
    test(`a new one ${what}: ${type}`, async () => {
      expectProblem(
        await run.client.post('/new-account', payload, { signer: await createSigner('ES256') }),
        status,
        type,
      );
    });
  }

  test('a key that is too short, or holds its private part, is refused', async () => {
    const signer = await createSigner('ES256');
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
    const withShort = await run.client.post(
      '/new-account',
      { termsOfServiceAgreed: true },
      { signer, header: { jwk: short } },
    );
    expectProblem(withShort, 400, 'badPublicKey');
    const withPrivate = await run.client.post(
      '/new-account',
      { termsOfServiceAgreed: true },
      { signer, header: { jwk: { ...signer.jwk, d: 'AA' } } },
    );
    expectProblem(withPrivate, 400, 'malformed');
  });

  test('the same key finds the same account, is changed, and once deactivated stays out', async () => {
    const signer = await createSigner('ES384');
    const contact = ['mailto:admin@example.org'];
    const created = await run.client.post('/new-account', { termsOfServiceAgreed: true, contact }, { signer });
    const found = await run.client.post('/new-account', { onlyReturnExisting: true }, { signer });
    assert.deepEqual([created.status, found.status], [201, 200]);
    assert.equal(created.headers.location, found.headers.location);
    assert.deepEqual(found.json['contact'], contact);

    const kid = String(found.headers.location);
    const changed = await run.client.post(kid, { contact: [] }, { signer, kid });
    assert.deepEqual(changed.json['contact'], []);
    expectProblem(await run.client.post(run.account.url, undefined, { signer, kid }), 403, 'unauthorized');
    assert.equal(
      (await run.client.post(kid, { status: 'deactivated' }, { signer, kid })).json['status'],
      'deactivated',
    );
    expectProblem(await run.client.post(kid, undefined, { signer, kid }), 403, 'unauthorized');
    expectProblem(await run.client.post('/new-account', { onlyReturnExisting: true }, { signer }), 403, 'unauthorized');
  });
});

describe('key change (section 7.3.5)', () => {
  test("from then on only the new key is the account's", async () => {
    const { account, answer, newSigner, oldSigner } = await changeKey();
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await account.post(account.url, undefined, { signer: newSigner })).status, 200);
    expectProblem(await account.post(account.url, undefined, { signer: oldSigner }), 400, 'malformed');
  });

  test('a key that another account has: 409 and where that account is', async () => {
    const { answer } = await changeKey({ newSigner: run.signer });
    expectProblem(answer, 409, 'malformed');
    assert.equal(answer.headers.location, run.account.url);
  });

  const table: [string, Parameters<typeof changeKey>[0]][] = [
    ['another account', { inner: { account: 'https://x.example/1' } }],
    ['another old key', { inner: { oldKey: { kty: 'EC' } } }],
    ['a nonce inside', { header: { nonce: 'x' } }],
    ['another URL inside', { header: { url: 'https://x.example/' } }],
    ['kid inside', { header: { jwk: undefined, kid: 'x' } }],
  ];
  for (const [what, options] of table) {
    test(`${what}: malformed`, async () => expectProblem((await changeKey(options)).answer, 400, 'malformed'));
  }
});

describe('external account binding (section 7.3.4)', () => {
  test('a good one is taken', async () => assert.equal((await registerBound()).status, 201));

  test('the directory says that one is needed, and none is refused', async () => {
    const { json } = await bound.client.send('GET', '/directory');
    assert.equal((json['meta'] as Record<string, unknown>)['externalAccountRequired'], true);
    const signer = await createSigner('ES256');
    expectProblem(
      await bound.client.post('/new-account', { termsOfServiceAgreed: true }, { signer }),
      403,
      'externalAccountRequired',
    );
  });

  const table: [string, number, string, Parameters<typeof registerBound>[0]][] = [
    ['an unknown key id', 403, 'unauthorized', { header: { kid: 'other' } }],
    ['a key id of every object', 403, 'unauthorized', { header: { kid: 'constructor' } }],
    ['a wrong MAC', 403, 'unauthorized', { mac: 'AAAA' }],
    ['a MAC by another algorithm', 403, 'unauthorized', { header: { alg: 'HS512' } }],
    ['a signature in place of a MAC', 400, 'malformed', { header: { alg: 'ES256' } }],
    ['another URL', 400, 'malformed', { header: { url: 'https://x.example' } }],
    ['a nonce', 400, 'malformed', { header: { nonce: 'x' } }],
    [
      'another account key',
      400,
      'malformed',
      { payload: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) },
    ],
  ];
  for (const [what, status, type, change] of table) {
    test(`${what}: ${type}`, async () => expectProblem(await registerBound(change), status, type));
  }
});

async function changeKey(
  o: {
    inner?: Record<string, unknown>;
    header?: Record<string, unknown>;
    newSigner?: Awaited<ReturnType<typeof createSigner>>;
  } = {},
) {
  const oldSigner = await createSigner('ES256');
  const newSigner = o.newSigner ?? (await createSigner('ES384'));
  const account = await run.client.register(oldSigner);
  const url = `${run.client.base}/key-change`;
  const content = { account: account.url, oldKey: oldSigner.jwk, ...o.inner };
  const inner = await sign(content, newSigner, { url, jwk: newSigner.jwk, ...o.header });
  return { answer: await account.post(url, inner), account, newSigner, oldSigner };
}

async function registerBound(
  change: { header?: Record<string, unknown>; mac?: string; payload?: unknown } = {},
): Promise<HttpAnswer> {
  const signer = await createSigner('ES256');
  const url = `${bound.client.base}/new-account`;
  const input = `${encoded({ alg: 'HS256', kid: 'known', url, ...change.header })}.${encoded(change.payload ?? signer.jwk)}`;
  const [protectedHeader, payload] = input.split('.');
  const signature = change.mac ?? createHmac('sha256', Buffer.from(key, 'base64url')).update(input).digest('base64url');
  const externalAccountBinding = { protected: protectedHeader, payload, signature };
  return bound.client.post(url, { termsOfServiceAgreed: true, externalAccountBinding }, { signer });
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
