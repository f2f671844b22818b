import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DomainError, DomainErrors } from '../core/error.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';

const rows: [what: string, error: unknown, code: number][] = [
  ['a bad name', new DomainError('invalid-name', ''), EXIT.usage],
  ['a bad configuration', new DomainErrors('invalid-config', [new DomainError('invalid-config', '')]), EXIT.usage],
  ['no network', new DomainError('invalid-allow-from', ''), EXIT.usage],
  ['an unknown certificate', new DomainError('unknown-certificate', ''), EXIT.usage],
  ['a missing CNAME', new DomainErrors('cname-missing', [new DomainError('cname-missing', '')]), EXIT.delegation],
  ['a port in use', new DomainError('port-in-use', ''), EXIT.machine],
  ['a folder that cannot be written', new DomainError('file-not-writable', ''), EXIT.machine],
  ['a database that cannot be opened', new DomainError('store-unavailable', ''), EXIT.machine],
  ['a CA that is down', new DomainError('acme-unreachable', '', { retry: { kind: 'backoff' } }), EXIT.temporary],
  [
    'a CA that asks to wait',
    new DomainError('acme-rate-limited', '', { retry: { kind: 'after', at: 1 } }),
    EXIT.temporary,
  ],
  ['a CA that refuses', new DomainError('acme-rejected-identifier', ''), EXIT.failed],
  ['several renewals', new DomainErrors('renewal-failed', [new DomainError('cname-missing', '')]), EXIT.delegation],
  ['a kubeconfig with a fault', new DomainError('invalid-kubeconfig', ''), EXIT.usage],
  [
    'an API server that is down',
    new DomainError('kube-unavailable', '', { retry: { kind: 'backoff' } }),
    EXIT.temporary,
  ],
  ['a right that is missing', new DomainError('kube-forbidden', '', { retry: { kind: 'backoff' } }), EXIT.failed],
  ['a kind that is missing', new DomainError('kube-not-found', '', { retry: { kind: 'backoff' } }), EXIT.failed],
  ['a login that failed', new DomainError('kube-login-failed', '', { retry: { kind: 'backoff' } }), EXIT.failed],
  ['Ctrl-C', new DOMException('stopped', 'AbortError'), EXIT.interrupted],
  ['a fault of our own', new TypeError('x is undefined'), EXIT.failed],
  ['something thrown', 'text', EXIT.failed],
];
for (const [what, error, code] of rows) test(`${what} ends with ${code}`, () => assert.equal(exitCodeOf(error), code));
