import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../core/domain-name.ts';
import type { AccountKeeper } from '../http/account-storage.ts';
import { createLazyKeeper } from './lazy-keeper.ts';

test('it is opened when it is first used, once; and again where that failed', async () => {
  let opened = 0;
  let fails = true;
  const keeper: AccountKeeper = {
    list: async (user) => ({ [user]: { fulldomain: 'a', subdomain: 'b', username: 'c', password: 'd' } }),
    fetch: async () => undefined,
    put: async () => {},
    remove: async () => true,
  };
  const lazy = createLazyKeeper(async () => {
    opened += 1;
    if (fails) throw new Error('the store is away');
    return keeper;
  });
  assert.equal(opened, 0);
  await assert.rejects(lazy.list('alice'), /away/);
  fails = false;
  const domain = parseDomainName('example.org');
  const account = { fulldomain: 'a', subdomain: 'b', username: 'c', password: 'd' };
  const all = [
    lazy.list('alice'),
    lazy.fetch('alice', domain),
    lazy.put('alice', domain, account),
    lazy.remove('alice', domain),
  ];
  assert.deepEqual(await Promise.all(all), [{ alice: account }, undefined, undefined, true]);
  assert.equal(opened, 2);
});
