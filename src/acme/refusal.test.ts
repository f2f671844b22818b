import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Retry } from '../core/error.ts';
import { ACME_CODES } from './acme-code.ts';
import type { HttpResponse } from './http.ts';
import { parseProblem } from './problem.ts';
import { errorOfProblem, errorOfResponse } from './refusal.ts';

const receivedAt = Date.UTC(2026, 10, 24, 12, 0, 0);

function response(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  return {
    url: 'https://ca.example/acme/new-order',
    status,
    headers: new Map(Object.entries(headers)),
    body: typeof body === 'string' ? body : JSON.stringify(body),
    receivedAt,
    resent: false,
  };
}

function problem(type: string, detail = 'because', more: object = {}): object {
  return { type: `urn:ietf:params:acme:error:${type}`, detail, ...more };
}

const never: Retry = { kind: 'never' };
const backoff: Retry = { kind: 'backoff' };
const after = (seconds: number): Retry => ({ kind: 'after', at: receivedAt + seconds * 1000 });

describe('every problem type has its code and its way of trying again', () => {
  const rows: [type: string, code: string, retry: Retry][] = [
    ['accountDoesNotExist', 'acme-account-does-not-exist', never],
    ['alreadyReplaced', 'acme-already-replaced', never],
    ['alreadyRevoked', 'acme-already-revoked', never],
    ['badCSR', 'acme-bad-csr', never],
    ['badNonce', 'acme-bad-nonce', backoff],
    ['badPublicKey', 'acme-bad-public-key', never],
    ['badRevocationReason', 'acme-bad-revocation-reason', never],
    ['badSignatureAlgorithm', 'acme-bad-signature-algorithm', never],
    ['caa', 'acme-caa', never],
    ['compound', 'acme-compound', backoff],
    ['conflict', 'acme-conflict', backoff],
    ['connection', 'acme-connection', backoff],
    ['dns', 'acme-dns', backoff],
    ['externalAccountRequired', 'acme-external-account-required', never],
    ['incorrectResponse', 'acme-incorrect-response', backoff],
    ['invalidContact', 'acme-invalid-contact', never],
    ['invalidProfile', 'acme-invalid-profile', never],
    ['malformed', 'acme-malformed', never],
    ['onionCAARequired', 'acme-caa', never],
    ['orderNotReady', 'acme-order-not-ready', backoff],
    ['rateLimited', 'acme-rate-limited', backoff],
    ['rejectedIdentifier', 'acme-rejected-identifier', never],
    ['serverInternal', 'acme-server-internal', backoff],
    ['tls', 'acme-tls', backoff],
    ['unauthorized', 'acme-unauthorized', backoff],
    ['unsupportedContact', 'acme-unsupported-contact', never],
    ['unsupportedIdentifier', 'acme-unsupported-identifier', never],
    ['userActionRequired', 'acme-user-action-required', never],
    ['somethingNew', 'acme-refused', backoff],
    ['toString', 'acme-refused', backoff],
  ];
  for (const [type, code, retry] of rows) {
    test(type, () => {
      const error = errorOfResponse(response(400, problem(type)), 'create the order');
      assert.equal(error.code, code);
      assert.deepEqual(error.retry, retry);
      assert.match(error.message, /^the CA at ca\.example refused to create the order: because/);
      assert.equal(error.problem?.type, type);
      assert.equal(error.status, 400);
      assert.ok((ACME_CODES as readonly string[]).includes(code));
    });
  }
});

describe('answers without a problem document', () => {
  const page =
    '<html><head><title>502 Bad Gateway</title><style>p{}</style></head><body><h1>502</h1><hr>nginx</body></html>';
  const rows: [what: string, status: number, body: string, code: string, message: RegExp][] = [
    ['an empty 404', 404, '', 'acme-not-found', /HTTP 404$/],
    ['an empty 409', 409, '', 'acme-conflict', /HTTP 409$/],
    ['a page of a proxy', 502, page, 'acme-server-internal', /HTTP 502 \("502 Bad Gateway 502 nginx"\)$/],
    ['plain text', 500, 'boom\u001b[2J', 'acme-server-internal', /HTTP 500 \("boom \[2J"\)$/],
    ['a 429', 429, '', 'acme-rate-limited', /HTTP 429$/],
    ['a 403', 403, '<b>Forbidden</b>', 'acme-unauthorized', /\("Forbidden"\)$/],
    ['JSON that is no problem', 400, '[]', 'acme-refused', /HTTP 400 \("\[\]"\)$/],
    ['a redirect', 302, '', 'acme-refused', /HTTP 302$/],
    ['broken JSON', 500, '{"type":', 'acme-server-internal', /HTTP 500/],
  ];
  for (const [what, status, body, code, message] of rows) {
    test(what, () => {
      const error = errorOfResponse(response(status, body, { 'content-type': 'text/html' }), 'create the order');
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.deepEqual(error.retry, backoff);
      assert.equal(error.problem, undefined);
    });
  }
  test('a very long page becomes a short sentence', () => {
    const error = errorOfResponse(response(500, 'x '.repeat(100_000)), 'create the order');
    assert.ok(error.message.length < 220, error.message);
  });
});

describe('when to come back', () => {
  const limited = problem('rateLimited', 'too many certificates');
  const told = problem('rateLimited', 'too many, retry after 2026-11-24 18:00:00 UTC: see the documents');
  const rows: [what: string, response: HttpResponse, retry: Retry][] = [
    ['429 with seconds', response(429, limited, { 'retry-after': '3600' }), after(3600)],
    [
      '429 with a date, by a clock that is an hour off',
      response(429, limited, {
        'retry-after': 'Tue, 24 Nov 2026 13:00:30 GMT',
        date: 'Tue, 24 Nov 2026 13:00:00 GMT',
      }),
      after(30),
    ],
    ['429 without', response(429, limited), backoff],
    ['429 with garbage', response(429, limited, { 'retry-after': 'later' }), backoff],
    ['429 that says it in words only', response(429, told), after(6 * 3600)],
    ['503 with seconds', response(503, '', { 'retry-after': '5' }), after(5)],
    ['500 as Let’s Encrypt sends it', response(500, problem('serverInternal'), { 'retry-after': '60' }), after(60)],
    ['a final refusal stays final', response(403, problem('rejectedIdentifier'), { 'retry-after': '60' }), never],
    ['a day', response(429, limited, { 'retry-after': '86400' }), after(86_400)],
  ];
  for (const [what, answer, retry] of rows) {
    test(what, () => assert.deepEqual(errorOfResponse(answer, 'create the order').retry, retry));
  }
});

test('a paused name: the page to visit is given, and nothing is tried again', () => {
  const url = 'https://portal.letsencrypt.org/sfe/v1/unpause?jwt=abc.def-ghi';
  const detail = `Your account is temporarily prevented from requesting certificates for example.org. Please visit: ${url}`;
  for (const ending of ['', '.', ' to unpause.']) {
    const error = errorOfResponse(response(429, problem('rateLimited', detail + ending)), 'create the order');
    assert.equal(error.code, 'acme-paused');
    assert.equal(error.visit, url);
    assert.deepEqual(error.retry, never);
    assert.ok(error.message.includes(url));
  }
});

test('new terms: the page is taken from instance, or from the link, RFC 8555 section 7.3.3', () => {
  const link = { link: '<https://ca.example/terms-7>;rel="terms-of-service"' };
  const linked = errorOfResponse(response(403, problem('userActionRequired'), link), 'create the order');
  assert.equal(linked.visit, 'https://ca.example/terms-7');
  const instance = problem('userActionRequired', 'Terms have changed', { instance: 'https://ca.example/agree' });
  const error = errorOfResponse(response(403, instance, link), 'create the order');
  assert.equal(error.visit, 'https://ca.example/agree');
  assert.match(error.message, /visit https:\/\/ca\.example\/agree$/);
});

test('subproblems are told with their names', () => {
  const named = (type: string, value: string, detail: string): object =>
    problem(type, detail, { identifier: { type: 'dns', value } });
  const body = problem('rejectedIdentifier', 'Cannot issue for some names', {
    subproblems: [
      named('rejectedIdentifier', 'a.example', 'on a blocklist'),
      named('malformed', 'b_.example', 'bad character'),
    ],
  });
  assert.equal(
    errorOfResponse(response(400, body), 'create the order').message,
    'the CA at ca.example refused to create the order: Cannot issue for some names; a.example: on a blocklist; ' +
      'b_.example: bad character; this CA will not sign that name',
  );
});

function partsRetry(...types: string[]): Retry {
  const compound = problem('compound', 'several', { subproblems: types.map((type) => problem(type)) });
  const parsed = parseProblem(compound);
  assert.ok(parsed !== undefined);
  return errorOfProblem(parsed, 'the order failed').retry;
}

test('a compound problem is final only when all its parts are', () => {
  assert.deepEqual(partsRetry('caa', 'rejectedIdentifier'), never);
  assert.deepEqual(partsRetry('caa', 'dns'), backoff);
  assert.deepEqual(partsRetry(), backoff);
});

test('a problem inside an order or a challenge becomes a sentence too', () => {
  const parsed = parseProblem(
    problem('dns', 'NXDOMAIN looking up TXT for _acme-challenge.example.org', { status: 400 }),
  );
  assert.ok(parsed !== undefined);
  const error = errorOfProblem(parsed, 'the CA could not validate example.org');
  assert.equal(
    error.message,
    'the CA could not validate example.org: NXDOMAIN looking up TXT for _acme-challenge.example.org',
  );
  assert.equal(error.status, 400);
});
