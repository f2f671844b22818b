import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { problemType, useRehearsalCa } from './testing/running-ca.ts';
import type { RunningCa } from './testing/running-ca.ts';
import { createSigner, sign } from './testing/strict-client.ts';
import type { HttpAnswer, PostOptions } from './testing/strict-client.ts';

const run = useRehearsalCa();

function expectProblem(answer: HttpAnswer, status: number, type: string): void {
  assert.deepEqual([answer.status, problemType(answer.json)], [status, type], answer.text);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.ok(String(answer.json['detail']).length > 10, 'a detail that helps');
}

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
    ['no payload member', 400, 'malformed', () => ({ tamper: ({ payload: _, ...jws }) => jws })],
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
  async function change(
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

  test("from then on only the new key is the account's", async () => {
    const { account, answer, newSigner, oldSigner } = await change();
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await account.post(account.url, undefined, { signer: newSigner })).status, 200);
    expectProblem(await account.post(account.url, undefined, { signer: oldSigner }), 400, 'malformed');
  });

  test('a key that another account has: 409 and where that account is', async () => {
    const { answer } = await change({ newSigner: run.signer });
    expectProblem(answer, 409, 'malformed');
    assert.equal(answer.headers.location, run.account.url);
  });

  const table: [string, Parameters<typeof change>[0]][] = [
    ['another account', { inner: { account: 'https://x.example/1' } }],
    ['another old key', { inner: { oldKey: { kty: 'EC' } } }],
    ['a nonce inside', { header: { nonce: 'x' } }],
    ['another URL inside', { header: { url: 'https://x.example/' } }],
    ['kid inside', { header: { jwk: undefined, kid: 'x' } }],
  ];
  for (const [what, options] of table) {
    test(`${what}: malformed`, async () => expectProblem((await change(options)).answer, 400, 'malformed'));
  }
});

describe('new orders (section 7.4)', () => {
  const dns = (...values: string[]): Record<string, unknown> => ({
    identifiers: values.map((value) => ({ type: 'dns', value })),
  });
  const many = Array.from({ length: 101 }, (_, index) => `h${index}.example.org`);
  const table: [string, string, Record<string, unknown> | undefined][] = [
    ['POST-as-GET', 'malformed', undefined],
    ['no identifiers', 'malformed', {}],
    ['an empty list', 'malformed', dns()],
    ['101 names', 'malformed', dns(...many)],
    ['an identifier without type', 'malformed', { identifiers: [{ value: 'example.org' }] }],
    ['an address', 'unsupportedIdentifier', { identifiers: [{ type: 'ip', value: '192.0.2.1' }] }],
    ['an address as a name', 'rejectedIdentifier', dns('192.0.2.1')],
    ['one label', 'rejectedIdentifier', dns('localhost')],
    ['capital letters', 'rejectedIdentifier', dns('Example.org')],
    ['a dot at the end', 'rejectedIdentifier', dns('example.org.')],
    ['a name in U-labels', 'rejectedIdentifier', dns('bücher.example')],
    ['two wildcards', 'rejectedIdentifier', dns('*.*.example.org')],
    ['a wildcard inside', 'rejectedIdentifier', dns('www.*.example.org')],
    ['an underscore', 'rejectedIdentifier', dns('_x.example.org')],
    ['a label of 64', 'rejectedIdentifier', dns(`${'a'.repeat(64)}.example.org`)],
    ['a name twice', 'malformed', dns('example.org', 'example.org')],
    ['a name under its wildcard', 'malformed', dns('*.example.org', 'www.example.org')],
    ['notAfter', 'malformed', { ...dns('example.org'), notAfter: '2030-01-01T00:00:00Z' }],
    ['an unknown profile', 'invalidProfile', { ...dns('example.org'), profile: 'x' }],
    ['an unknown certificate to replace', 'malformed', { ...dns('example.org'), replaces: 'a.b' }],
  ];
  for (const [what, type, payload] of table) {
    test(`${what}: ${type}`, async () => expectProblem(await run.account.post('/new-order', payload), 400, type));
  }

  test('every name that is not taken is told, with its identifier', async () => {
    const { json } = await run.account.post('/new-order', dns('good.example', 'bad', '*.*.bad'));
    const subproblems = json['subproblems'] as { identifier: { value: string }; status?: number }[];
    assert.deepEqual(
      subproblems.map((subproblem) => subproblem.identifier.value),
      ['bad', '*.*.bad'],
    );
    assert.ok(subproblems.every((subproblem) => subproblem.status === undefined));
  });

  test('an order of another account is not to be seen', async () => {
    const order = await run.account.order(['example.org']);
    const other = await run.client.register(await createSigner('ES256'));
    for (const url of [order.url, order.finalize, ...order.authorizations]) {
      expectProblem(await other.post(url, url === order.finalize ? {} : undefined), 404, 'malformed');
    }
    assert.equal((await run.account.post(order.url, {})).status, 400);
  });

  test('the list of orders comes in pages', async () => {
    const account = await run.client.register(await createSigner('ES256'));
    const orders = await Promise.all([1, 2, 3, 4].map((number) => account.order([`n${number}.example.org`])));
    const first = await account.get(`${account.url}/orders`);
    const next = /<([^>]*)>;rel="next"/.exec(String(first.headers['link']))?.[1] ?? '';
    const second = await account.get(next);
    const listed = [...(first.json['orders'] as string[]), ...(second.json['orders'] as string[])];
    assert.deepEqual(listed.toSorted(), orders.map((order) => order.url).toSorted());
    assert.equal((first.json['orders'] as string[]).length, 3);
    assert.doesNotMatch(String(second.headers['link']), /next/);
    expectProblem(await run.account.get(`${account.url}/orders`), 403, 'unauthorized');
  });
});

describe('authorizations and challenges (sections 7.5 and 7.5.2)', () => {
  test('a challenge takes exactly {}', async () => {
    const order = await run.account.order(['strict.example.org']);
    const [challenge] = await run.account.challenges(order);
    for (const payload of [{ keyAuthorization: 'x' }, { resource: 'challenge' }]) {
      expectProblem(await run.account.post(String(challenge?.url), payload), 400, 'malformed');
    }
    assert.equal((await run.account.get(String(challenge?.url))).json['status'], 'pending');
  });

  test('a challenge without a token is offered, and refused when chosen', async () => {
    const order = await run.account.order(['strict.example.org']);
    const { json } = await run.account.get(String(order.authorizations[0]));
    const challenges = json['challenges'] as Record<string, unknown>[];
    const tokenless = challenges.find((challenge) => challenge['token'] === undefined);
    assert.equal(tokenless?.['type'], 'dns-persist-01');
    expectProblem(await run.account.post(String(tokenless['url']), {}), 400, 'malformed');
  });

  test('a wildcard has the name without * and says so', async () => {
    const order = await run.account.order(['*.wild.example']);
    const { json } = await run.account.get(String(order.authorizations[0]));
    assert.deepEqual([json['identifier'], json['wildcard']], [{ type: 'dns', value: 'wild.example' }, true]);
  });

  test('a deactivated authorization ends its order', async () => {
    const order = await run.account.order(['strict.example.org']);
    const url = String(order.authorizations[0]);
    expectProblem(await run.account.post(url, { status: 'valid' }), 400, 'malformed');
    assert.equal((await run.account.post(url, { status: 'deactivated' })).json['status'], 'deactivated');
    assert.equal((await run.account.get(order.url)).json['status'], 'invalid');
  });

  test('a challenge that failed is not tried again', async () => {
    const order = await run.account.order(['not-there.example.org']);
    const [challenge] = await run.account.challenges(order);
    await run.account.post(String(challenge?.url), {});
    await run.account.settled(String(challenge?.url), ['pending', 'processing']);
    expectProblem(await run.account.post(String(challenge?.url), {}), 400, 'malformed');
  });
});

describe('external account binding (section 7.3.4)', () => {
  const key = Buffer.from('a key for tests, of no worth').toString('base64url');
  const bound = useRehearsalCa({ externalAccounts: { known: key } });

  async function register(
    change: { header?: Record<string, unknown>; mac?: string; payload?: unknown } = {},
  ): Promise<HttpAnswer> {
    const signer = await createSigner('ES256');
    const url = `${bound.client.base}/new-account`;
    const input = `${encoded({ alg: 'HS256', kid: 'known', url, ...change.header })}.${encoded(change.payload ?? signer.jwk)}`;
    const [protectedHeader, payload] = input.split('.');
    const signature =
      change.mac ?? createHmac('sha256', Buffer.from(key, 'base64url')).update(input).digest('base64url');
    const externalAccountBinding = { protected: protectedHeader, payload, signature };
    return bound.client.post(url, { termsOfServiceAgreed: true, externalAccountBinding }, { signer });
  }

  test('a good one is taken', async () => assert.equal((await register()).status, 201));

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

  const table: [string, number, string, Parameters<typeof register>[0]][] = [
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
    test(`${what}: ${type}`, async () => expectProblem(await register(change), status, type));
  }
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
