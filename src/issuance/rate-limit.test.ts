import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AcmeError } from '../acme/problem.ts';
import { accountPause } from './rate-limit.ts';

const NOW = 1_000_000;
const LATER = { kind: 'after', at: NOW + 60_000 } as const;

function limited(detail: string | undefined, status: number, retry: AcmeError['retry'] = LATER): AcmeError {
  const problem = detail === undefined ? {} : { problem: { type: 'rateLimited', detail, subproblems: [] } };
  return new AcmeError('acme-rate-limited', 'no', { retry, status, ...problem });
}

const rows: [string, unknown, number | undefined][] = [
  [
    'too many orders of the account',
    limited('too many new orders (300) from this account in the last 3h', 429),
    LATER.at,
  ],
  [
    'too many certificates for a domain',
    limited('too many certificates (50) already issued for "example.org"', 429),
    undefined,
  ],
  ['a balancer, without a problem', limited(undefined, 429), LATER.at],
  ['a CA that is overloaded', limited('service busy; retry later', 503), LATER.at],
  ['no time was said', limited(undefined, 429, { kind: 'backoff' }), undefined],
  ['the time is over', limited(undefined, 429, { kind: 'after', at: NOW }), undefined],
  ['something else', new Error('no'), undefined],
];

describe('accountPause', () => {
  for (const [title, error, until] of rows) test(title, () => assert.equal(accountPause(error, NOW), until));
});
