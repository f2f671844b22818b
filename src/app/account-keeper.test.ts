import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDomainName } from '../core/domain-name.ts';
import { createAccountKeeper } from './account-keeper.ts';

const account = { fulldomain: 'a.auth.example.net', subdomain: 'a', username: 'u', password: 'p' };
const [ORG, NET] = [parseDomainName('example.org'), parseDomainName('example.net')];

test('each user has a private file, in the format that clients share', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-keeper-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const place = join(folder, 'client-accounts');
  const keeper = createAccountKeeper(place);
  assert.deepEqual(await keeper.list('alice'), {});
  await Promise.all([
    keeper.put('alice', ORG, account),
    keeper.put('alice', NET, account),
    keeper.put('bob', ORG, account),
  ]);
  assert.deepEqual(readdirSync(place).toSorted(), ['alice.json', 'bob.json']);
  assert.equal(statSync(join(place, 'alice.json')).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse(readFileSync(join(place, 'bob.json'), 'utf8')), { 'example.org': account });
  assert.deepEqual(Object.keys(await keeper.list('alice')).toSorted(), ['example.net', 'example.org']);
  assert.deepEqual([await keeper.remove('alice', ORG), await keeper.remove('alice', ORG)], [true, false]);
  const again = createAccountKeeper(place);
  assert.equal(await again.fetch('alice', ORG), undefined);
  assert.deepEqual(await again.fetch('alice', NET), { ...account, server_url: undefined });
});

test('the file of a client can be put there', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-keeper-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const kept = { 'Example.ORG': { ...account, server_url: 'https://auth.example.net', allowfrom: [] } };
  writeFileSync(join(folder, 'alice.json'), JSON.stringify(kept));
  const keeper = createAccountKeeper(folder);
  assert.equal((await keeper.fetch('alice', ORG))?.server_url, 'https://auth.example.net');
  assert.deepEqual(Object.keys(await keeper.list('alice')), ['Example.ORG']);
  assert.equal(await keeper.remove('alice', ORG), true);
  assert.deepEqual(await keeper.list('alice'), {});
});
