import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transportFault } from './transport-fault.ts';

function withCode(code: string, message = code): Error {
  return Object.assign(new Error(message), { code });
}

const rows: [what: string, thrown: unknown, code: string, message: RegExp][] = [
  ['an unknown host', withCode('ENOTFOUND'), 'acme-unreachable', /no address is known for this host/],
  ['a resolver that is down', withCode('EAI_AGAIN'), 'acme-unreachable', /cannot be looked up at the moment/],
  ['no route', withCode('EHOSTUNREACH'), 'acme-unreachable', /no route to the host/],
  ['a connect timeout', withCode('UND_ERR_CONNECT_TIMEOUT'), 'acme-unreachable', /it does not answer/],
  [
    'every address failing',
    new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')]),
    'acme-unreachable',
    /nothing listens there/,
  ],
  ['a wrapped cause', new Error('failed', { cause: withCode('ECONNREFUSED') }), 'acme-unreachable', /nothing listens/],
  ['the time being over', new DOMException('x', 'TimeoutError'), 'acme-timeout', /did not answer within 60 s/],
  ['a headers timeout', withCode('UND_ERR_HEADERS_TIMEOUT'), 'acme-timeout', /did not answer within 60 s/],
  ['a self-signed certificate', withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), 'acme-untrusted', /self-signed.*--ca-root/],
  ['an unknown issuer', withCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'acme-untrusted', /issuer is unknown/],
  ['plain HTTP', withCode('EPROTO', 'SSL routines::wrong version number'), 'acme-not-a-directory', /not speak TLS/],
  ['anything else', new Error('odd'), 'acme-unreachable', /cannot be reached: odd/],
  ['something that is no error', 'odd', 'acme-unreachable', /cannot be reached: odd/],
];
for (const [what, thrown, code, message] of rows) {
  test(`${what} becomes one sentence`, () => {
    const error = transportFault(thrown, { url: 'https://ca.example/dir', timeout: 60_000, ownTrust: false });
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.match(error.message, /ca\.example/);
    assert.deepEqual(error.retry, { kind: 'backoff' });
  });
}
