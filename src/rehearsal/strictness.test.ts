import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { expectProblem, useRehearsalCa } from './testing/running-ca.ts';
import type { RunningCa } from './testing/running-ca.ts';
import type { PostOptions } from './testing/strict-client.ts';

const run = useRehearsalCa();

describe('a signed request (RFC 8555 section 6)', () => {
  const account = '/account/';
  const table: [
    string,
    number,
    string,
    (o: RunningCa) => Partial<PostOptions> & { payload?: unknown; url?: string },
  ][] = [
    ['no User-Agent', 400, 'malformed', () => ({ headers: { 'user-agent': undefined } })],
    ['another content type', 415, 'malformed', () => ({ headers: { 'content-type': 'application/json' } })],
    [
      'a content type with parameters',
      415,
      'malformed',
      () => ({ headers: { 'content-type': 'application/jose+json; charset=utf-8' } }),
    ],
    ['a Replay-Nonce header of its own', 400, 'malformed', () => ({ headers: { 'replay-nonce': 'x' } })],
    ['a body that is no object', 400, 'malformed', () => ({ tamper: () => ['x'] })],
    ['an unprotected header', 400, 'malformed', () => ({ tamper: (jws) => ({ ...jws, header: {} }) })],
    [
      'general serialization',
      400,
      'malformed',
      () => ({ tamper: (jws) => ({ payload: jws['payload'], signatures: [jws] }) }),
    ],
    ['no payload member', 400, 'malformed', () => ({ tamper: (jws) => ({ ...jws, payload: undefined }) })],
    [
      'padded base64',
      400,
      'malformed',
      () => ({ tamper: (jws) => ({ ...jws, signature: `${String(jws['signature'])}==` }) }),
    ],
    ['standard base64', 400, 'malformed', () => ({ tamper: (jws) => ({ ...jws, payload: '+/+/' }) })],
    [
      'a protected header that is no JSON',
      400,
      'malformed',
      () => ({ tamper: (jws) => ({ ...jws, protected: 'e30x' }) }),
    ],
    ['a signature by another key', 400, 'malformed', ({ account: { url } }) => ({ kid: url, signer: otherSigner })],
    [
      'a changed payload',
      400,
      'malformed',
      () => ({ tamper: (jws) => ({ ...jws, payload: encoded({ status: 'deactivated' }) }) }),
    ],
    ['an empty signature', 400, 'malformed', () => ({ tamper: (jws) => ({ ...jws, signature: '' }) })],
    ['alg none', 400, 'badSignatureAlgorithm', () => ({ tamper: withHeader({ alg: 'none' }) })],
    ['alg HS256', 400, 'badSignatureAlgorithm', () => ({ tamper: withHeader({ alg: 'HS256' }) })],
    ["an alg that is not the key's", 400, 'malformed', () => ({ tamper: withHeader({ alg: 'RS256' }) })],
    ['crit', 400, 'malformed', () => ({ tamper: withHeader({ crit: ['x'] }) })],
    ['b64 false', 400, 'malformed', () => ({ tamper: withHeader({ b64: false }) })],
    ['no URL', 403, 'unauthorized', () => ({ header: { url: undefined } })],
    [
      'the URL of another resource',
      403,
      'unauthorized',
      ({ client }) => ({ header: { url: `${client.base}/new-order` } }),
    ],
    ['no nonce', 400, 'badNonce', () => ({ header: { nonce: undefined } })],
    ['an unknown nonce', 400, 'badNonce', () => ({ header: { nonce: 'AAAAAAAAAAAAAAAAAAAAAA' } })],
    ['a nonce that is a number', 400, 'malformed', () => ({ header: { nonce: 7 } })],
    ['both kid and jwk', 400, 'malformed', ({ signer }) => ({ header: { jwk: signer.jwk } })],
    ['neither kid nor jwk', 400, 'malformed', () => ({ header: { kid: undefined } })],
    ['jwk where kid belongs', 400, 'malformed', () => ({ kid: undefined })],
    ['kid where jwk belongs', 400, 'malformed', () => ({ url: '/new-account' })],
    ['a kid of another server', 400, 'malformed', () => ({ kid: 'https://ca.example/account/1' })],
    ['a kid that does not exist', 400, 'accountDoesNotExist', ({ client }) => ({ kid: `${client.base}/account/x` })],
    ['a payload that is no object', 400, 'malformed', () => ({ payload: [] })],
    ['a payload that is no JSON', 400, 'malformed', () => ({ payload: '{' })],
  ];
  for (const [what, status, type, change] of table) {
    test(`${what}: ${type}`, async () => {
      const { payload = {}, url = new URL(run.account.url).pathname, ...options } = change(run);
      assert.ok(url.startsWith(account) || url === '/new-account');
      const answer = await run.account.post(url, payload, options);
      expectProblem(answer, status, type);
      assert.match(String(answer.headers['replay-nonce']), /^[\w-]{22}$/, 'a fresh nonce comes with the refusal');
    });
  }

  test('a nonce is good once', async () => {
    const nonce = await run.client.nonce();
    assert.equal((await run.account.post(run.account.url, undefined, { header: { nonce } })).status, 200);
    expectProblem(await run.account.post(run.account.url, undefined, { header: { nonce } }), 400, 'badNonce');
  });

  test('badSignatureAlgorithm tells which are taken', async () => {
    const { json } = await run.account.post(run.account.url, {}, { tamper: withHeader({ alg: 'EdDSA' }) });
    assert.deepEqual(json['algorithms'], ['ES256', 'ES384', 'RS256']);
  });

  test('a body that is not JSON at all', async () => {
    const answer = await run.client.send('POST', '/new-account', { 'content-type': 'application/jose+json' }, 'x=1');
    expectProblem(answer, 400, 'malformed');
  });

  test('a body without end is cut off', async () => {
    const answer = await run.client.send(
      'POST',
      '/new-account',
      { 'content-type': 'application/jose+json' },
      'x'.repeat(200_000),
    );
    assert.equal(answer.status, 413);
  });

  for (const [method, path, status] of [
    ['GET', '/new-account', 405],
    ['GET', '/new-order', 405],
    ['PUT', '/directory', 405],
    ['GET', '/nothing', 404],
  ] as const) {
    test(`${method} ${path}: ${status}`, async () => {
      expectProblem(await run.client.send(method, path), status, 'malformed');
    });
  }

  const otherSigner = {
    alg: 'ES256',
    jwk: {},
    privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.toCryptoKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['sign'],
    ),
  };
});

describe('directory and nonces (sections 7.1.1 and 7.2)', () => {
  test('the directory has all resources, and an entry that nobody knows', async () => {
    const { headers, json } = await run.client.send('GET', '/directory');
    const known = ['keyChange', 'meta', 'newAccount', 'newNonce', 'newOrder', 'renewalInfo', 'revokeCert'];
    const unknown = Object.keys(json).filter((name) => !known.includes(name));
    assert.deepEqual(
      Object.keys(json)
        .filter((name) => known.includes(name))
        .toSorted(),
      known,
    );
    assert.equal(unknown.length, 1);
    const again = await run.client.send('GET', '/directory');
    assert.equal(again.json[String(unknown[0])], undefined, 'it is another each time');
    assert.equal(headers['content-type'], 'application/json');
  });

  test('HEAD answers 200 and GET 204, both with a nonce and never to be stored', async () => {
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 204],
    ] as const) {
      const answer = await run.client.send(method, '/new-nonce');
      assert.equal(answer.status, status);
      assert.match(String(answer.headers['replay-nonce']), /^[\w-]{22}$/);
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.match(String(answer.headers['link']), /\/directory>;rel="index"/);
    }
  });
});

function withHeader(more: Record<string, unknown>): (jws: Record<string, unknown>) => unknown {
  return (jws) => {
    const header = JSON.parse(Buffer.from(String(jws['protected']), 'base64url').toString()) as Record<string, unknown>;
    return { ...jws, protected: Buffer.from(JSON.stringify({ ...header, ...more })).toString('base64url') };
  };
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
