import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createAccount, isKeyShaped } from './account.ts';
import { parseUsername } from './username.ts';
import { isSubdomainLabel, isTxtValue } from './wire-shapes.ts';

test('a new account: two unrelated uuids, a key of 40 characters of which only the SHA-256 stays', () => {
  const { account, key } = createAccount(['192.0.2.0/24'], 17);
  assert.match(key, /^[A-Za-z0-9_-]{40}$/);
  assert.equal(parseUsername(account.username), account.username);
  assert.ok(isSubdomainLabel(account.subdomain));
  assert.notEqual(account.username, account.subdomain);
  assert.deepEqual(account.key, { kind: 'sha256', hash: createHash('sha256').update(key).digest() });
  assert.deepEqual([account.allowFrom, account.createdAt], [['192.0.2.0/24'], 17]);
  assert.ok(!JSON.stringify(account).includes(key));
});

test('no two accounts share anything', () => {
  const made = Array.from({ length: 500 }, () => createAccount([], 0));
  const secrets = made.flatMap(({ account, key }) => [account.username, account.subdomain, key]);
  assert.equal(new Set(secrets).size, 1500);
});

const shapes: [string, (text: string) => boolean, string, boolean][] = [
  ['key', isKeyShaped, 'a'.repeat(40), true],
  ['key', isKeyShaped, 'A9_-'.repeat(10), true],
  ['key', isKeyShaped, 'a'.repeat(39), false],
  ['key', isKeyShaped, 'a'.repeat(41), false],
  ['key', isKeyShaped, `${'a'.repeat(39)}+`, false],
  ['key', isKeyShaped, `${'a'.repeat(40)}\n`, false],
  ['value', isTxtValue, 'LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM', true],
  ['value', isTxtValue, 'a'.repeat(42), false],
  ['value', isTxtValue, 'a'.repeat(44), false],
  ['value', isTxtValue, `${'a'.repeat(42)}=`, false],
  ['value', isTxtValue, `${'a'.repeat(42)}é`, false],
  ['value', isTxtValue, '', false],
  ['label', isSubdomainLabel, 'a', true],
  ['label', isSubdomainLabel, 'Nice-Name9', true],
  ['label', isSubdomainLabel, 'a'.repeat(63), true],
  ['label', isSubdomainLabel, 'a'.repeat(64), false],
  ['label', isSubdomainLabel, '-a', false],
  ['label', isSubdomainLabel, 'a-', false],
  ['label', isSubdomainLabel, 'a.b', false],
  ['label', isSubdomainLabel, 'a_b', false],
  ['label', isSubdomainLabel, '', false],
];
for (const [what, check, text, expected] of shapes) {
  test(`${JSON.stringify(text)} is ${expected ? 'a' : 'no'} ${what}`, () => assert.equal(check(text), expected));
}
