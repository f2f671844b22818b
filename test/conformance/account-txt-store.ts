import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { createAccount } from '../../src/acmedns/account.ts';
import type { AccountStore, StoredName, TxtRow } from '../../src/acmedns/ports.ts';

/** A store under test. `reopen` gives what another process would find after this one was killed now. */
export interface StoreUnderTest {
  readonly store: AccountStore;
  readonly reopen: () => AccountStore;
}

const row = (value: string, updatedAt: number, held = false): TxtRow => ({ value, updatedAt, held });
const byValue = (rows: readonly TxtRow[]) => rows.toSorted((a, b) => (a.value < b.value ? -1 : 1));
const newAccount = (now = 0) => createAccount(['192.0.2.0/24', '::1/64'], now).account;

/** The promise of AccountStore (acmedns/ports.ts), for any implementation. */
export function testAccountStore(name: string, open: (t: TestContext) => StoreUnderTest): void {
  describe(`AccountStore: ${name}`, () => {
    test('an account is found as it was added, by its username alone', async (t) => {
      const { store, reopen } = open(t);
      const account = newAccount(1_700_000_000_123);
      await store.addAccount(account);
      for (const opened of [store, reopen()]) {
        const found = await opened.findAccount(account.username);
        assert.deepEqual({ ...found, keyHash: Buffer.from(found?.keyHash ?? []) }, { ...account });
        assert.equal(await opened.findAccount(account.subdomain), undefined);
        assert.equal(await opened.findAccount(''), undefined);
      }
    });

    test('no two accounts share a username or a label, and the first stays', async (t) => {
      const { store } = open(t);
      const first = newAccount();
      const other = newAccount();
      await store.addAccount(first);
      await assert.rejects(store.addAccount({ ...other, username: first.username }), { code: 'account-exists' });
      await assert.rejects(store.addAccount({ ...other, subdomain: first.subdomain }), { code: 'account-exists' });
      assert.equal((await store.findAccount(first.username))?.subdomain, first.subdomain);
      assert.equal(await store.findAccount(other.username), undefined);
    });

    test('one that fails takes none of those along that were asked for at the same time', async (t) => {
      const { store } = open(t);
      const taken = newAccount();
      const good = [newAccount(), newAccount()];
      await store.addAccount(taken);
      const results = await Promise.allSettled([good[0], taken, good[1]].map((a) => store.addAccount(a ?? taken)));
      assert.deepEqual(
        results.map((result) => result.status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      for (const account of good) assert.ok(await store.findAccount(account.username));
    });

    test('a change sees the rows that are stored, and what it returns is stored', async (t) => {
      const { store, reopen } = open(t);
      const { subdomain } = newAccount();
      const seen: (readonly TxtRow[])[] = [];
      const put = (store_: AccountStore, rows: readonly TxtRow[]) =>
        store_.changeTxt(subdomain, (before) => {
          seen.push(byValue(before));
          return rows;
        });
      const steps = [
        [row('a', 1), row('b', 2, true)],
        [row('b', 2), row('c', 3)],
        [row('c', 9, true)],
        [],
        [row('d', 1_700_000_000_123)],
      ];
      for (const step of steps) assert.deepEqual(await put(store, step), step);
      await put(reopen(), []);
      assert.deepEqual(seen, [[], ...steps]);
    });

    test('changes to one label happen and resolve in the order of the calls', async (t) => {
      const { store } = open(t);
      const { subdomain } = newAccount();
      const resolved: number[] = [];
      const numbers = Array.from({ length: 40 }, (_, index) => index);
      await Promise.all(
        numbers.map(async (number) => {
          const rows = await store.changeTxt(subdomain, (before) => [...before, row(`v${number}`, number)]);
          assert.equal(rows.length, number + 1);
          resolved.push(number);
        }),
      );
      assert.deepEqual(resolved, numbers);
    });

    test('a change that throws changes nothing', async (t) => {
      const { store } = open(t);
      const { subdomain } = newAccount();
      await store.changeTxt(subdomain, () => [row('a', 1)]);
      const bad = store.changeTxt(subdomain, () => {
        throw new Error('no');
      });
      const good = store.changeTxt(subdomain, (before) => [...before, row('b', 2)]);
      await assert.rejects(bad);
      assert.deepEqual(byValue(await good), [row('a', 1), row('b', 2)]);
    });

    test('labels do not see each other', async (t) => {
      const { store } = open(t);
      await store.changeTxt('a', () => [row('x', 1)]);
      await store.changeTxt('b', () => [row('x', 2)]);
      await store.changeTxt('A', (before) => {
        assert.deepEqual(before, []);
        return before;
      });
      assert.deepEqual(await store.changeTxt('a', (before) => before), [row('x', 1)]);
    });

    test('a domain keeps its first label', async (t) => {
      const { store, reopen } = open(t);
      const domain = parseDomainName('example.org');
      const asked = await Promise.all([store.addDelegation(domain, 'one'), store.addDelegation(domain, 'two')]);
      assert.deepEqual(asked, ['one', 'one']);
      assert.equal(await store.addDelegation(parseDomainName('example.net'), 'three'), 'three');
      assert.equal(await reopen().addDelegation(domain, 'four'), 'one');
    });

    test('removal takes the values along, tells what was there, and twice is as once', async (t) => {
      const { store, reopen } = open(t);
      const account = newAccount();
      const domain = parseDomainName('example.org');
      await store.addAccount(account);
      await store.addDelegation(domain, 'label');
      await store.changeTxt(account.subdomain, () => [row('a', 1)]);
      await store.changeTxt('label', () => [row('b', 1, true)]);
      assert.equal((await store.removeAccount(account.username))?.subdomain, account.subdomain);
      assert.equal(await store.removeDelegation(domain), 'label');
      assert.equal(await store.removeAccount(account.username), undefined);
      assert.equal(await store.removeDelegation(domain), undefined);
      const after = reopen();
      assert.deepEqual(await allNames(after), []);
      for (const label of [account.subdomain, 'label']) {
        assert.deepEqual(await after.changeTxt(label, (before) => before), []);
      }
      assert.equal(await after.findAccount(account.username), undefined);
      assert.equal(await after.addDelegation(domain, 'fresh'), 'fresh');
    });

    test('delegationsByOthers gives all delegations at once, and ends with the signal', async (t) => {
      const { store } = open(t);
      await store.addAccount(newAccount());
      await store.addDelegation(parseDomainName('example.org'), 'one');
      await store.addDelegation(parseDomainName('example.net'), 'two');
      await store.changeTxt('two', () => [row('a', 1, true)]);
      const stop = new AbortController();
      const given: (readonly StoredName[])[] = [];
      for await (const names of store.delegationsByOthers(stop.signal)) {
        given.push(names);
        stop.abort();
      }
      assert.deepEqual(given, [
        [
          { subdomain: 'one', rows: [] },
          { subdomain: 'two', rows: [row('a', 1, true)] },
        ],
      ]);
    });

    test('names gives every label once with its rows', async (t) => {
      const { store, reopen } = open(t);
      const accounts = Array.from({ length: 9000 }, () => newAccount());
      await Promise.all(accounts.map((account) => store.addAccount(account)));
      await store.addDelegation(parseDomainName('example.org'), 'own');
      const expected = new Map<string, readonly TxtRow[]>([['own', [row('h', 5, true)]]]);
      await store.changeTxt('own', () => [row('h', 5, true)]);
      for (const [index, { subdomain }] of accounts.entries()) {
        const rows = index % 1000 === 0 ? [row('a', index + 1), row('b', index + 2)] : [];
        if (rows.length > 0) await store.changeTxt(subdomain, () => rows);
        expected.set(subdomain, rows);
      }
      const found = await allNames(reopen());
      assert.equal(found.length, expected.size);
      assert.deepEqual(new Map(found.map(({ subdomain, rows }) => [subdomain, byValue(rows)])), expected);
    });
  });
}

async function allNames(store: AccountStore): Promise<StoredName[]> {
  const pages: (readonly StoredName[])[] = [];
  for await (const page of store.names()) pages.push(page);
  return pages.flat();
}
