import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { registerAccount } from './account.ts';
import { createOrder, getOrder } from './order.ts';
import { refusal } from './testing/scripted-ca.ts';
import type { Answer, ScriptedCa } from './testing/scripted-ca.ts';
import { privateKey, withCa, withSession } from './testing/with-ca.ts';

const badNonce = refusal('badNonce', 'JWS has an invalid anti-replay nonce');

function order(ca: ScriptedCa): Exclude<Answer, 'silence'> {
  return {
    status: 201,
    headers: { location: `${ca.url}/order/1` },
    json: {
      status: 'pending',
      identifiers: [{ type: 'dns', value: 'example.org' }],
      authorizations: [`${ca.url}/authz/1`],
      finalize: `${ca.url}/order/1/finalize`,
    },
  };
}

function refused(...algorithms: string[]): Answer {
  return refusal('badSignatureAlgorithm', 'not this one', 400, { algorithms });
}

const request = { identifiers: [{ type: 'dns', value: 'example.org' }] } as const;

describe('a signed request, RFC 8555 section 6.2', () => {
  test('the first carries the key, the others the account; each has its own nonce, its URL and a User-Agent', async (t) => {
    const { ca, session, signal } = await withSession(t, { userAgent: 'demo/1' });
    ca.script('/order/1', order(ca));
    await getOrder(session, `${ca.url}/order/1`, signal);
    const [registration, reading] = ca.seen.filter(({ method }) => method === 'POST');
    assert.deepEqual(Object.keys(registration?.header ?? {}).toSorted(), ['alg', 'jwk', 'nonce', 'url']);
    assert.deepEqual(Object.keys(reading?.header ?? {}).toSorted(), ['alg', 'kid', 'nonce', 'url']);
    assert.equal(reading?.header['kid'], `${ca.url}/account/1`);
    assert.equal(reading?.payload, undefined);
    for (const { headers } of ca.seen) assert.match(headers['user-agent'] ?? '', /^demo\/1 node\/\d+/);
    assert.deepEqual(ca.log, ['GET /directory', 'GET /new-nonce', 'POST /new-account', 'POST /order/1']);
  });

  test('a hundred at once need no more nonces from newNonce than there are connections', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/order/1', order(ca));
    await Promise.all(Array.from({ length: 100 }, () => getOrder(session, `${ca.url}/order/1`, signal)));
    assert.equal(ca.log.filter((line) => line === 'POST /order/1').length, 100);
    assert.ok(ca.log.filter((line) => line === 'GET /new-nonce').length <= 16);
    assert.deepEqual(
      ca.log.filter((line) => line.startsWith('REFUSED')),
      [],
    );
  });
});

describe('badNonce, RFC 8555 section 6.5', () => {
  test('the next try uses the nonce of the refusal, and asks for none', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/new-order', badNonce, badNonce, order(ca));
    assert.equal((await createOrder(session, request, signal)).url, `${ca.url}/order/1`);
    assert.equal(ca.log.filter((line) => line === 'GET /new-nonce').length, 1);
    assert.equal(ca.log.filter((line) => line === 'POST /new-order').length, 3);
  });

  test('a refusal without a nonce is followed by newNonce', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/new-order', { ...badNonce, noNonce: true }, order(ca));
    await createOrder(session, request, signal);
    assert.equal(ca.log.filter((line) => line === 'GET /new-nonce').length, 2);
  });

  test('forty refusals in a row are survived', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/new-order', ...Array.from({ length: 40 }, () => badNonce), order(ca));
    assert.equal((await createOrder(session, request, signal)).url, `${ca.url}/order/1`);
  });

  test('a CA that never takes a nonce is given up after half a minute and at least eight tries', async (t) => {
    const { ca, session, clock, signal } = await withSession(t);
    const started = clock.now();
    ca.script('/new-order', badNonce);
    await assert.rejects(createOrder(session, request, signal), { code: 'acme-bad-nonce', retry: { kind: 'backoff' } });
    assert.ok(clock.now() - started >= 30_000);
    assert.ok(clock.now() - started < 31_000);

    ca.script('/new-order', () => {
      clock.advance(60_000);
      return badNonce;
    });
    const before = ca.log.length;
    await assert.rejects(createOrder(session, request, signal), { code: 'acme-bad-nonce' });
    assert.equal(ca.log.slice(before).filter((line) => line === 'POST /new-order').length, 8);
  });

  test('trying again ends with the caller’s signal', async (t) => {
    const { ca, session } = await withSession(t);
    const stop = new AbortController();
    let count = 0;
    ca.script('/new-order', () => {
      count += 1;
      if (count === 5) stop.abort(new Error('enough'));
      return badNonce;
    });
    await assert.rejects(createOrder(session, request, stop.signal), /enough/);
    assert.ok(count <= 6);
  });

  test('nonces older than a minute are not even tried', async (t) => {
    const { ca, session, clock, signal } = await withSession(t);
    ca.script('/order/1', order(ca));
    clock.advance(61_000);
    await getOrder(session, `${ca.url}/order/1`, signal);
    assert.deepEqual(ca.log.slice(-2), ['GET /new-nonce', 'POST /order/1']);
  });
});

describe('newNonce', () => {
  const rows: [what: string, answer: Answer, code: string][] = [
    ['503', { status: 503, headers: { 'retry-after': '3' }, noNonce: true }, 'acme-server-internal'],
    ['429', { status: 429, noNonce: true }, 'acme-rate-limited'],
    ['no nonce in it', { noNonce: true }, 'acme-bad-response'],
    ['a nonce that is none', { noNonce: true, headers: { 'replay-nonce': 'a b' } }, 'acme-bad-response'],
  ];
  for (const [what, answer, code] of rows) {
    test(`an answer with ${what} is told`, async (t) => {
      const { ca, client, signal } = await withCa(t);
      ca.script('/new-nonce', answer);
      await assert.rejects(registerAccount(client, { privateKey, termsOfServiceAgreed: true }, signal), { code });
    });
  }
  test('204 is taken', async (t) => {
    const { ca, client, signal } = await withCa(t);
    ca.script('/new-nonce', { status: 204 });
    await registerAccount(client, { privateKey, termsOfServiceAgreed: true }, signal);
  });
  test('a CA that only knows HEAD is asked so', async (t) => {
    const { ca, client, signal } = await withCa(t);
    ca.script('/new-nonce', ({ method }) => (method === 'HEAD' ? {} : { status: 405, noNonce: true }));
    await registerAccount(client, { privateKey, termsOfServiceAgreed: true }, signal);
    assert.deepEqual(ca.log, ['GET /directory', 'GET /new-nonce', 'HEAD /new-nonce', 'POST /new-account']);
  });
});

describe('badSignatureAlgorithm, RFC 8555 section 6.2', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  test('another algorithm of the same key is used when the CA names it, and remembered', async (t) => {
    const { ca, client, signal } = await withCa(t);
    const made: Answer = { status: 201, headers: { location: '/account/1' }, json: { status: 'valid' } };
    ca.script('/new-account', refused('PS256', 'RS512'), made);
    await registerAccount(client, { privateKey: rsa, termsOfServiceAgreed: true }, signal);
    await registerAccount(client, { privateKey: rsa, termsOfServiceAgreed: true }, signal);
    const algorithms = ca.seen.filter(({ path }) => path === '/new-account').map(({ header }) => header['alg']);
    assert.deepEqual(algorithms, ['RS256', 'RS512', 'RS512']);
  });

  for (const algorithms of [['EdDSA'], [], ['ES256']]) {
    test(`[${algorithms.join()}] is of no use to a P-256 key`, async (t) => {
      const { ca, client, signal } = await withCa(t);
      ca.script('/new-account', refused(...algorithms));
      await assert.rejects(registerAccount(client, { privateKey, termsOfServiceAgreed: true }, signal), {
        code: 'acme-bad-signature-algorithm',
        message: /use an account key of another type/,
      });
      assert.equal(ca.seen.filter(({ path }) => path === '/new-account').length, 1);
    });
  }
});

describe('a connection that is cut during a signed request', () => {
  test('after the CA acted: the effect is not asked for a second time', async (t) => {
    const { ca, session, signal } = await withSession(t);
    let made = 0;
    ca.tolerateReplays(badNonce);
    ca.script('/new-order', () => {
      made += 1;
      return { ...order(ca), cut: 'during' };
    });
    await assert.rejects(createOrder(session, request, signal), {
      code: 'acme-unreachable',
      message: /cut the connection while it was asked to create the order; it may have done so all the same/,
      retry: { kind: 'backoff' },
    });
    assert.equal(made, 1);
  });

  test('a mere reading is simply done again', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.tolerateReplays(badNonce);
    ca.script('/order/1', { ...order(ca), cut: 'during' }, order(ca));
    assert.equal((await getOrder(session, `${ca.url}/order/1`, signal)).status, 'pending');
  });
});
