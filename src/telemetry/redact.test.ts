import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { DomainError } from '../core/error.ts';
import { redact, redactText } from './redact.ts';

const KEY = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----';

describe('redact', () => {
  const rows: [what: string, value: unknown, shown: unknown][] = [
    [
      'by the name of a field',
      { privateKey: 'x', api_key: 'x', hmacKey: 'x', Password: 'x', keyType: 'P-256' },
      { privateKey: '[secret]', api_key: '[secret]', hmacKey: '[secret]', Password: '[secret]', keyType: 'P-256' },
    ],
    ['at any depth', { a: [{ token: 'x' }] }, { a: [{ token: '[secret]' }] }],
    ['an absent secret stays absent', { password: undefined }, { password: undefined }],
    ['a private key in a text', { text: `key: ${KEY}!` }, { text: 'key: [secret]!' }],
    ['a private key that is cut', { text: KEY.slice(0, 40) }, { text: '[secret]' }],
    ['user and password of a URL', 'see https://user:pw@host/path', 'see https://***@host/path'],
    ['what is no secret', { url: 'https://host/a@b', n: 1, no: null }, { url: 'https://host/a@b', n: 1, no: null }],
    [
      'an error with its causes',
      new DomainError('x-y', 'm', { cause: new Error(`at https://a:b@c ${KEY}`) }),
      { code: 'x-y', message: 'm', cause: { message: 'at https://***@c [secret]' } },
    ],
  ];
  for (const [what, value, shown] of rows) test(what, () => assert.deepEqual(redact(value), shown));

  test('a ring of objects ends', () => {
    const ring: { next?: unknown } = {};
    ring.next = ring;
    assert.match(JSON.stringify(redact(ring)), /\[deep\]/);
  });

  test('a key never gets through, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        assert.doesNotMatch(redactText(before + KEY + after), /MIGHAgEAMBMG/);
      }),
    );
  });
});
