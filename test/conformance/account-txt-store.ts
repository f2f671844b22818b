import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { createAccount } from '../../src/acmedns/account.ts';
import type { Account, AccountStore, StoredName, TxtRow } from '../../src/acmedns/ports.ts';

/** A store under test. `reopen` gives what another process would find after this one was killed now. */
export interface StoreUnderTest {
  readonly store: AccountStore;
  readonly reopen: () => AccountStore | Promise<AccountStore>;
}

const row = (value: string, updatedAt: number, held = false): TxtRow => ({ value, updatedAt, held });
const byValue = (rows: readonly TxtRow[]) => rows.toSorted((a, b) => (a.value < b.value ? -1 : 1));
const newAccount = (now = 0) => createAccount(['192.0.2.0/24', '::1/64'], now).account;
const bcrypt = { kind: 'bcrypt', hash: '$2a$10$abcdefghijklmnopqrstuuWJrHIgzgoL6HeDuRpHP2xMSeQ0nGHJa' } as const;

/** Whatever kind of octets a store gives. */
function plain(account: Account | undefined): unknown {
  return account && { ...account, key: { ...account.key, hash: Buffer.from(account.key.hash).toString('hex') } };
}

/** A label that somebody has. */
async function newLabel(store: AccountStore, subdomain: string = newAccount().subdomain): Promise<string> {
  await store.addAccount({ ...newAccount(), subdomain });
  return subdomain;
}

async function rowsOf(store: AccountStore, subdomain: string): Promise<readonly TxtRow[] | undefined> {
  return (await store.changeTxt(subdomain, (before) => before))?.rows;
}

/** The promise of AccountStore (acmedns/ports.ts), for any implementation. */
export function testAccountStore(
  name: string,
  open: (t: TestContext) => StoreUnderTest | Promise<StoreUnderTest>,
): void {
  describe(`AccountStore: ${name}`, () => {
    test('an account is found as it was added, by its username alone', async (t) => {
      const { store, reopen } = await open(t);
      const account = newAccount(1_700_000_000_123);
      await store.addAccount(account);
      for (const opened of [store, await reopen()]) {
        assert.deepEqual(plain(await opened.findAccount(account.username)), plain(account));
        assert.deepEqual(plain(await opened.findAccountByLabel(account.subdomain)), plain(account));
        assert.equal(await opened.findAccount(account.subdomain), undefined);
        assert.equal(await opened.findAccountByLabel(account.username), undefined);
        assert.equal(await opened.findAccount(''), undefined);
      }
    });

    test('an account of acme-dns, with its bcrypt and what is not known of it', async (t) => {
      const { store, reopen } = await open(t);
      const account: Account = { ...newAccount(), key: bcrypt, createdAt: 0, lastUpdateAt: 1_700_000_000_000 };
      await store.addAccount(account);
      assert.deepEqual(await (await reopen()).findAccount(account.username), account);
    });

    test('a change of an account is atomic, and changes nothing else', async (t) => {
      const { store, reopen } = await open(t);
      const account: Account = { ...newAccount(), key: bcrypt };
      await store.addAccount(account);
      await store.addAccount(newAccount());
      const counted = Array.from({ length: 20 }, () =>
        store.changeAccount(account.username, (before) => ({ ...before, createdAt: before.createdAt + 1 })),
      );
      await Promise.all(counted);
      const { key } = newAccount();
      const changed = await store.changeAccount(account.username, (before) => ({
        ...before,
        key,
        allowFrom: ['::/0'],
        username: 'other',
        subdomain: 'other',
      }));
      const expected = { ...account, key, allowFrom: ['::/0'], createdAt: 20 };
      for (const found of [changed, await (await reopen()).findAccount(account.username)])
        assert.deepEqual(plain(found), plain(expected));
      assert.equal(await store.findAccount('other'), undefined);
      assert.equal(await store.changeAccount('nobody', (before) => before), undefined);
      await assert.rejects(
        store.changeAccount(account.username, () => {
          throw new Error('no');
        }),
      );
      assert.deepEqual(plain(await store.findAccount(account.username)), plain(expected));
    });

    test('what the owner puts there is the last update of the account; what an order of ours does is not', async (t) => {
      const { store } = await open(t);
      const account = newAccount();
      const lastUpdateAt = async () => (await store.findAccount(account.username))?.lastUpdateAt;
      await store.addAccount(account);
      await store.changeTxt(account.subdomain, () => [row('a', 5, true)]);
      assert.equal(await lastUpdateAt(), undefined);
      await store.changeTxt(account.subdomain, () => [row('b', 7), row('a', 5, true)]);
      assert.equal(await lastUpdateAt(), 7);
      await store.changeTxt(account.subdomain, () => []);
      assert.equal(await lastUpdateAt(), 7);
      await store.changeAccount(account.username, (before) => ({ ...before, allowFrom: [] }));
      assert.equal(await lastUpdateAt(), 7);
    });

    test('no two accounts share a username or a label, and the first stays', async (t) => {
      const { store } = await open(t);
      const first = newAccount();
      const other = newAccount();
      await store.addAccount(first);
      await assert.rejects(store.addAccount({ ...other, username: first.username }), { code: 'account-exists' });
      await assert.rejects(store.addAccount({ ...other, subdomain: first.subdomain }), { code: 'account-exists' });
      await store.addDelegation(parseDomainName('example.org'), 'taken');
      await assert.rejects(store.addAccount({ ...other, subdomain: 'taken' }), { code: 'account-exists' });
      assert.equal((await store.findAccount(first.username))?.subdomain, first.subdomain);
      assert.equal(await store.findAccount(other.username), undefined);
    });

    test('one that fails takes none of those along that were asked for at the same time', async (t) => {
      const { store } = await open(t);
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
      const { store, reopen } = await open(t);
      const subdomain = await newLabel(store);
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
      for (const step of steps) assert.deepEqual((await put(store, step))?.rows, step);
      await put(await reopen(), []);
      assert.deepEqual(seen, [[], ...steps]);
    });

    test('changes to one label happen and resolve in the order of the calls', async (t) => {
      const { store } = await open(t);
      const subdomain = await newLabel(store);
      const resolved: number[] = [];
      const numbers = Array.from({ length: 40 }, (_, index) => index);
      await Promise.all(
        numbers.map(async (number) => {
          const stored = await store.changeTxt(subdomain, (before) => [...before, row(`v${number}`, number)]);
          assert.equal(stored?.rows.length, number + 1);
          resolved.push(number);
        }),
      );
      assert.deepEqual(resolved, numbers);
    });

    test('a change that throws changes nothing', async (t) => {
      const { store } = await open(t);
      const subdomain = await newLabel(store);
      await store.changeTxt(subdomain, () => [row('a', 1)]);
      const bad = store.changeTxt(subdomain, () => {
        throw new Error('no');
      });
      const good = store.changeTxt(subdomain, (before) => [...before, row('b', 2)]);
      await assert.rejects(bad);
      assert.deepEqual(byValue((await good)?.rows ?? []), [row('a', 1), row('b', 2)]);
    });

    test('labels do not see each other', async (t) => {
      const { store } = await open(t);
      for (const label of ['a', 'b', 'A']) await newLabel(store, label);
      await store.changeTxt('a', () => [row('x', 1)]);
      await store.changeTxt('b', () => [row('x', 2)]);
      await store.changeTxt('A', (before) => {
        assert.deepEqual(before, []);
        return before;
      });
      assert.deepEqual(await rowsOf(store, 'a'), [row('x', 1)]);
    });

    test('a label that nobody has gets no values, also when it has just gone', async (t) => {
      const { store, reopen } = await open(t);
      const account = newAccount();
      await store.addAccount(account);
      const [first, removed, late] = await Promise.all([
        store.changeTxt(account.subdomain, () => [row('x', 1)]),
        store.removeAccount(account.username),
        store.changeTxt(account.subdomain, () => [row('y', 2)]),
        store.changeTxt('nobody', () => [row('z', 3)]),
      ]);
      assert.deepEqual(first?.rows, [row('x', 1)]);
      assert.ok(removed !== undefined && removed.version > (first?.version ?? 0));
      assert.equal(late, undefined);
      await newLabel(store, account.subdomain);
      await newLabel(store, 'nobody');
      for (const label of [account.subdomain, 'nobody']) assert.deepEqual(await rowsOf(await reopen(), label), []);
    });

    test('of two states of a label the later one has the larger version', async (t) => {
      const { store } = await open(t);
      const account = newAccount();
      const added = await store.addAccount(account);
      const states = await Promise.all(
        [1, 2, 3].map((at) => store.changeTxt(account.subdomain, () => [row(`v${at}`, at)])),
      );
      const same = await store.changeTxt(account.subdomain, (before) => before);
      const [read] = await allNames(store);
      const removed = await store.removeAccount(account.username);
      const versions = [added, ...states.map((state) => state?.version), same?.version, read?.version];
      for (const [index, version] of versions.entries())
        assert.ok(index === 0 || (version ?? -1) >= (versions[index - 1] ?? 0), versions.join());
      assert.equal(new Set(versions.slice(0, 4)).size, 4);
      assert.ok((removed?.version ?? -1) > (read?.version ?? 0));
    });

    test('a domain keeps its first label', async (t) => {
      const { store, reopen } = await open(t);
      const domain = parseDomainName('example.org');
      const asked = await Promise.all([store.addDelegation(domain, 'one'), store.addDelegation(domain, 'two')]);
      assert.deepEqual(
        asked.map(({ subdomain }) => subdomain),
        ['one', 'one'],
      );
      assert.equal((await store.addDelegation(parseDomainName('example.net'), 'three')).subdomain, 'three');
      await store.changeTxt('one', () => [row('a', 1, true)]);
      const kept = await (await reopen()).addDelegation(domain, 'four');
      assert.deepEqual([kept.subdomain, kept.rows], ['one', [row('a', 1, true)]]);
    });

    test('removal takes the values along, tells what was there, and twice is as once', async (t) => {
      const { store, reopen } = await open(t);
      const account = newAccount();
      const domain = parseDomainName('example.org');
      await store.addAccount(account);
      await store.addDelegation(domain, 'label');
      await store.changeTxt(account.subdomain, () => [row('a', 1)]);
      await store.changeTxt('label', () => [row('b', 1, true)]);
      assert.equal((await store.removeAccount(account.username))?.subdomain, account.subdomain);
      assert.equal((await store.removeDelegation(domain))?.subdomain, 'label');
      assert.equal(await store.removeAccount(account.username), undefined);
      assert.equal(await store.removeDelegation(domain), undefined);
      const after = await reopen();
      assert.deepEqual(await allNames(after), []);
      assert.equal(await after.findAccount(account.username), undefined);
      assert.equal(await after.findAccountByLabel(account.subdomain), undefined);
      await newLabel(after, account.subdomain);
      const fresh = await after.addDelegation(domain, 'label');
      assert.deepEqual([fresh.subdomain, fresh.rows], ['label', []]);
      assert.deepEqual(await rowsOf(after, account.subdomain), []);
    });

    test('names gives every label once with its rows', async (t) => {
      const { store, reopen } = await open(t);
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
      const found = await allNames(await reopen());
      assert.equal(found.length, expected.size);
      const listed: Account[] = [];
      for await (const page of store.accounts()) listed.push(...page);
      assert.deepEqual(
        listed.map(({ username }) => username).toSorted(),
        accounts.map(({ username }) => username).toSorted(),
      );
      assert.deepEqual(new Map(found.map(({ subdomain, rows }) => [subdomain, byValue(rows)])), expected);
    });
  });
}

async function allNames(store: AccountStore): Promise<StoredName[]> {
  const pages: (readonly StoredName[])[] = [];
  for await (const page of store.names()) pages.push(page);
  return pages.flat();
}
