import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createOrder, finalizeOrder, getOrder, listOrders } from './order.ts';
import { directoryAt, refusal } from './testing/scripted-ca.ts';
import type { Answer, ScriptedCa } from './testing/scripted-ca.ts';
import { withSession } from './testing/with-ca.ts';

const identifiers = [
  { type: 'dns', value: 'example.org' },
  { type: 'dns', value: '*.example.org' },
] as const;

function orderAt(ca: ScriptedCa, more: object = {}): Record<string, unknown> {
  return {
    status: 'pending',
    identifiers,
    authorizations: [`${ca.url}/authz/1`, '/authz/2'],
    finalize: `${ca.url}/order/1/finalize`,
    ...more,
  };
}

function created(ca: ScriptedCa, more: object = {}): Answer {
  return { status: 201, headers: { location: `${ca.url}/order/1` }, json: orderAt(ca, more) };
}

describe('createOrder, RFC 8555 section 7.4', () => {
  test('sends the names and reads the order', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/new-order', created(ca, { expires: '2026-12-01T00:00:00Z', error: null, notBefore: null }));
    assert.deepEqual(await createOrder(session, { identifiers }, signal), {
      url: `${ca.url}/order/1`,
      status: 'pending',
      identifiers,
      authorizationUrls: [`${ca.url}/authz/1`, `${ca.url}/authz/2`],
      finalizeUrl: `${ca.url}/order/1/finalize`,
      expires: Date.UTC(2026, 11, 1),
    });
    assert.deepEqual(ca.seen.at(-1)?.payload, { identifiers });
  });

  test('profile, replaces and times are sent, and what the CA made of them is told', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/new-order', created(ca, { profile: 'short', replaces: 'a.b' }));
    const notAfter = Date.UTC(2026, 11, 24);
    const request = { identifiers, profile: 'short', replaces: 'a.b', notBefore: notAfter - 1000, notAfter };
    const order = await createOrder(session, request, signal);
    assert.deepEqual([order.profile, order.replaces], ['short', 'a.b']);
    assert.deepEqual(ca.seen.at(-1)?.payload, {
      identifiers,
      profile: 'short',
      replaces: 'a.b',
      notBefore: '2026-12-23T23:59:59.000Z',
      notAfter: '2026-12-24T00:00:00.000Z',
    });
  });

  test('a profile that the CA does not offer costs no request', async (t) => {
    const { ca, session, signal } = await withSession(t);
    const before = ca.log.length;
    await assert.rejects(createOrder(session, { identifiers, profile: 'long' }, signal), {
      code: 'acme-invalid-profile',
      message: /has no profile "long": choose one of short/,
    });
    assert.equal(ca.log.length, before);
  });

  test('replaces is not sent to a CA without renewal information', async (t) => {
    const { ca, session, clock, signal } = await withSession(t);
    ca.script('/directory', { json: { ...directoryAt(ca.url), renewalInfo: undefined } });
    clock.advance(86_400_000);
    ca.script('/new-order', created(ca));
    await createOrder(session, { identifiers, replaces: 'a.b' }, signal);
    assert.deepEqual(ca.seen.at(-1)?.payload, { identifiers });
  });

  const refused: [what: string, answer: Answer][] = [
    ['alreadyReplaced', refusal('alreadyReplaced', 'certificate was replaced already', 409)],
    ['a bare 409', { status: 409 }],
    [
      'a foreign certificate',
      refusal('unauthorized', 'requester account did not request the certificate being replaced', 403),
    ],
    ['no shared name', refusal('malformed', 'identifiers do not match those of the certificate in the replaces field')],
    [
      'no shared name, as Pebble says it',
      refusal('serverInternal', 'at least one identifier in the new order and existing order must match', 500),
    ],
    ['an unknown certificate', refusal('malformed', 'could not find an order for the ARI certID')],
  ];
  for (const [what, answer] of refused) {
    test(`an order refused for its replaces (${what}) is made without`, async (t) => {
      const { ca, session, signal } = await withSession(t);
      ca.script('/new-order', answer, created(ca));
      assert.equal((await createOrder(session, { identifiers, replaces: 'a.b' }, signal)).status, 'pending');
      assert.deepEqual(
        ca.seen.slice(-2).map(({ payload }) => payload),
        [{ identifiers, replaces: 'a.b' }, { identifiers }],
      );
    });
  }

  for (const answer of [refusal('rateLimited', 'too many', 429), refusal('rejectedIdentifier', 'no', 403)]) {
    test('an order refused for something else is not tried again', async (t) => {
      const { ca, session, signal } = await withSession(t);
      ca.script('/new-order', answer);
      await assert.rejects(createOrder(session, { identifiers, replaces: 'a.b' }, signal));
      assert.equal(ca.log.filter((line) => line === 'POST /new-order').length, 1);
    });
  }
});

describe('getOrder', () => {
  test('each state is read, with error, certificate and the time to come back', async (t) => {
    const { ca, session, clock, signal } = await withSession(t);
    const url = `${ca.url}/order/1`;
    ca.script(
      '/order/1',
      { json: orderAt(ca, { status: 'ready' }) },
      { json: orderAt(ca, { status: 'processing' }), headers: { 'retry-after': '3' } },
      { json: orderAt(ca, { status: 'valid', certificate: '/cert/1' }) },
      { json: orderAt(ca, { status: 'invalid', error: { type: 'urn:ietf:params:acme:error:caa', detail: 'no' } }) },
    );
    assert.equal((await getOrder(session, url, signal)).status, 'ready');
    const processing = await getOrder(session, url, signal);
    assert.deepEqual([processing.status, processing.retryAfter], ['processing', clock.now() + 3000]);
    assert.equal((await getOrder(session, url, signal)).certificateUrl, `${ca.url}/cert/1`);
    const invalid = await getOrder(session, url, signal);
    assert.deepEqual([invalid.status, invalid.error?.type], ['invalid', 'caa']);
  });

  const faults: [what: string, answer: (ca: ScriptedCa) => Answer, code: string][] = [
    ['an unknown status', (ca) => ({ json: orderAt(ca, { status: 'done' }) }), 'acme-bad-response'],
    ['valid without a certificate', (ca) => ({ json: orderAt(ca, { status: 'valid' }) }), 'acme-bad-response'],
    ['no finalize URL', (ca) => ({ json: orderAt(ca, { finalize: undefined }) }), 'acme-bad-response'],
    ['a URL that is none', (ca) => ({ json: orderAt(ca, { finalize: 'http://[' }) }), 'acme-bad-response'],
    ['no JSON', () => ({ body: '' }), 'acme-bad-response'],
    ['a list', () => ({ json: [] }), 'acme-bad-response'],
    ['an order that is gone', () => ({ status: 404 }), 'acme-not-found'],
  ];
  for (const [what, answer, code] of faults) {
    test(`${what} is told`, async (t) => {
      const { ca, session, signal } = await withSession(t);
      ca.script('/order/1', answer(ca));
      await assert.rejects(getOrder(session, `${ca.url}/order/1`, signal), { code });
    });
  }

  test('a URL that leads from TLS to another protocol is not asked', async (t) => {
    const { session, signal } = await withSession(t);
    await assert.rejects(getOrder(session, 'ftp://ca.example/order', signal), { code: 'acme-bad-response' });
  });
});

describe('finalizeOrder, RFC 8555 section 7.4', () => {
  test('sends the CSR as base64url DER; the answer needs no Location', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/order/1/finalize', { json: orderAt(ca, { status: 'processing' }), headers: { 'retry-after': '0' } });
    const order = { url: `${ca.url}/order/1`, finalizeUrl: `${ca.url}/order/1/finalize` };
    const finalized = await finalizeOrder(session, order, Uint8Array.of(0xfb, 0xef, 0xff), signal);
    assert.deepEqual([finalized.url, finalized.status], [order.url, 'processing']);
    assert.deepEqual(ca.seen.at(-1)?.payload, { csr: '--__' });
  });

  test('too early is told apart', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/order/1/finalize', refusal('orderNotReady', 'Order’s status ("valid") is not acceptable', 403));
    const order = { url: `${ca.url}/order/1`, finalizeUrl: `${ca.url}/order/1/finalize` };
    await assert.rejects(finalizeOrder(session, order, new Uint8Array(1), signal), { code: 'acme-order-not-ready' });
  });
});

describe('listOrders, RFC 8555 section 7.1.2.1', () => {
  test('all pages, in order, each order once', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/account/1', { json: { status: 'valid', orders: '/orders/1' } });
    ca.script('/orders/1', {
      json: { orders: ['/order/1', '/order/2'] },
      headers: { link: '</orders/1?page=2>;rel="next"' },
    });
    ca.script('/orders/1?page=2', {
      json: { orders: ['/order/2', '/order/3'] },
      headers: { link: ['</directory>;rel="index"', '</orders/1?page=3>;rel="next"'] },
    });
    // A page that names itself as the next must not be read for ever.
    ca.script('/orders/1?page=3', { json: { orders: null }, headers: { link: '</orders/1?page=3>;rel="next"' } });
    assert.deepEqual(
      await listOrders(session, signal),
      [1, 2, 3].map((n) => `${ca.url}/order/${n}`),
    );
  });

  test('a CA without a list', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/account/1', { json: { status: 'valid' } });
    assert.equal(await listOrders(session, signal), undefined);
    ca.script('/account/1', { json: { status: 'valid', orders: '/orders/1' } });
    ca.script('/orders/1', { status: 404 });
    assert.equal(await listOrders(session, signal), undefined);
    ca.script('/orders/1', { status: 500 });
    await assert.rejects(listOrders(session, signal), { code: 'acme-server-internal' });
    ca.script('/orders/1', { json: { orders: 'none' } });
    await assert.rejects(listOrders(session, signal), { code: 'acme-bad-response' });
  });
});
