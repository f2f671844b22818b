import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash } from 'bcryptjs';
import { createMemoryAccountStore } from '../../test/conformance/account-store-in-memory.ts';
import { createAccount } from './account.ts';
import { createAuthenticate } from './authenticate.ts';
import type { Account, AccountStore } from './ports.ts';

/** The lowest cost that bcrypt has; acme-dns uses 10. */
const COST = 4;
const sources = ['192.0.2.1'];

async function withBcrypt(store: AccountStore, cost = COST): Promise<{ account: Account; key: string }> {
  const { account, key } = createAccount([], 0);
  const old: Account = { ...account, key: { kind: 'bcrypt', hash: (await hash(key, cost)).replace(/^\$2b/, '$2a') } };
  await store.addAccount(old);
  return { account: old, key };
}

test('only the right key opens an account, and only from where it may', async () => {
  const store = createMemoryAccountStore();
  const authenticate = createAuthenticate(store);
  const { account, key } = createAccount(['192.0.2.0/24'], 0);
  const other = createAccount([], 0);
  await store.addAccount(account);
  await store.addAccount(other.account);
  const ask = async (username: string, written: string, from = sources) =>
    (await authenticate({ username, key: written, sources: from }))?.username;
  assert.equal(await ask(account.username.toUpperCase(), key), account.username);
  assert.equal(await ask(account.username, other.key), undefined);
  assert.equal(await ask(account.username, ''), undefined);
  assert.equal(await ask(account.username, `${key}x`), undefined);
  assert.equal(await ask(account.username, key, ['198.51.100.1']), undefined);
  assert.equal(await ask(account.subdomain, key), undefined);
  assert.equal(await ask('', key), undefined);
});

test('bcrypt is replaced at the first use with the right key', async () => {
  const store = createMemoryAccountStore();
  const { account, key } = await withBcrypt(store);
  const kind = async () => (await store.findAccount(account.username))?.key.kind;
  const wrong = { username: account.username, key: createAccount([], 0).key, sources };
  assert.equal(await createAuthenticate(store)(wrong), undefined);
  assert.equal(await kind(), 'bcrypt');
  assert.equal((await createAuthenticate(store)({ ...wrong, key }))?.username, account.username);
  assert.equal(await kind(), 'sha256');
  assert.equal((await createAuthenticate(store)({ ...wrong, key }))?.username, account.username);
  assert.equal(await createAuthenticate(store)(wrong), undefined);
});

test('a key that was changed while bcrypt was computed stays changed', async () => {
  const store = createMemoryAccountStore();
  const { account, key } = await withBcrypt(store);
  const rotated = createAccount([], 0);
  const slow = createAuthenticate(store)({ username: account.username, key, sources });
  await store.changeAccount(account.username, (before) => ({ ...before, key: rotated.account.key }));
  await slow;
  assert.deepEqual((await store.findAccount(account.username))?.key, rotated.account.key);
});

test('where bcrypt has to stay, it is computed once for each right key', async () => {
  const store = createMemoryAccountStore(undefined, { keepsBcrypt: true });
  const { account, key } = await withBcrypt(store, 11);
  const authenticate = createAuthenticate(store);
  const credentials = { username: account.username, key, sources };
  const took = async () => {
    const started = performance.now();
    assert.ok(await authenticate(credentials));
    return performance.now() - started;
  };
  const [first, second] = [await took(), await took()];
  assert.ok(second < first / 3, `${first} ms, then ${second} ms`);
  assert.deepEqual((await store.findAccount(account.username))?.key, account.key);
  assert.equal(await authenticate({ ...credentials, key: createAccount([], 0).key }), undefined);

  const other = createAccount([], 0).key;
  const rehashed = await hash(other, COST);
  await store.changeAccount(account.username, (before) => ({ ...before, key: { kind: 'bcrypt', hash: rehashed } }));
  assert.equal(await authenticate(credentials), undefined);
  assert.ok(await authenticate({ ...credentials, key: other }));
});

test('keys that wait for bcrypt are refused when there are too many, and the rest is checked', async () => {
  const store = createMemoryAccountStore();
  const { account, key } = await withBcrypt(store);
  const authenticate = createAuthenticate(store);
  const many = Array.from({ length: 110 }, (_, index) =>
    authenticate({ username: account.username, key: `${index}`.padStart(40, 'k'), sources }),
  );
  const settled = await Promise.allSettled(many);
  const refused = settled.filter((one) => one.status === 'rejected').map((one) => one.reason?.code);
  assert.deepEqual(
    refused,
    Array.from({ length: 10 }, () => 'too-busy'),
  );
  assert.ok(await authenticate({ username: account.username, key, sources }));
});

test('a hash that is none opens nothing', async () => {
  const store = createMemoryAccountStore();
  const { account, key } = createAccount([], 0);
  await store.addAccount({ ...account, key: { kind: 'bcrypt', hash: 'not bcrypt' } });
  assert.equal(await createAuthenticate(store)({ username: account.username, key, sources }), undefined);
});
