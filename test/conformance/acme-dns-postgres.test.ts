import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { AccountStore, StoredName, StoreChange } from '../../src/acmedns/ports.ts';
import { isAllowed } from '../../src/acmedns/allow-from.ts';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { prepareAcmeDnsTables } from '../../src/store/acme-dns-postgres.ts';
import { createAcmeDnsPostgresStore } from '../../src/store/acme-dns-postgres-store.ts';
import type { PostgresDatabase } from '../../src/store/postgres-database.ts';
import { newPostgresDatabase, withPostgres } from './postgres-under-test.ts';

/* What acme-dns, or a person, writes into the tables of acme-dns in PostgreSQL, with evercert beside it. */

const USER = '01604081-505f-43f8-a4a4-82225697aed2';
const OTHER = '11604081-505f-43f8-a4a4-82225697aed2';

interface Setup {
  readonly database: PostgresDatabase;
  readonly store: AccountStore;
  /** As another node has it. */
  another(): Promise<AccountStore>;
}

async function setup(t: TestContext, ...statements: readonly string[]): Promise<Setup> {
  const open = await newPostgresDatabase(t);
  const database = await open();
  for (const statement of statements) await database.run(statement);
  const create = async (from: PostgresDatabase) => createAcmeDnsPostgresStore(from, await prepareAcmeDnsTables(from));
  return { database, store: await create(database), another: async () => create(await open()) };
}

const TABLES = [
  'CREATE TABLE public.acmedns (Name TEXT, Value TEXT)',
  "INSERT INTO public.acmedns VALUES ('db_version', '1')",
  'CREATE TABLE public.records (Username TEXT UNIQUE NOT NULL PRIMARY KEY, Password TEXT UNIQUE NOT NULL, Subdomain TEXT UNIQUE NOT NULL, AllowFrom TEXT)',
  "CREATE TABLE public.txt (rowid SERIAL, Subdomain TEXT NOT NULL, Value TEXT NOT NULL DEFAULT '', LastUpdate INT)",
];
const record = (username: string, label: string, allowFrom = "'[]'") =>
  `INSERT INTO public.records VALUES ('${username}', 'hash of ${label}', '${label}', ${allowFrom})`;
const slots = (label: string, ...values: readonly [string, number][]) =>
  `INSERT INTO public.txt (subdomain, value, lastupdate) VALUES ${values.map(([value, at]) => `('${label}', '${value}', ${at})`).join()}`;

async function names(store: AccountStore): Promise<Record<string, string[]>> {
  const found: StoredName[] = [];
  for await (const page of store.names()) found.push(...page);
  return Object.fromEntries(
    found.map(({ subdomain, rows }) => [
      subdomain,
      rows.map(({ value }) => value).toSorted((a, b) => (a < b ? -1 : 1)),
    ]),
  );
}

withPostgres(() => {
  describe("acme-dns' tables in PostgreSQL", { timeout: 60_000 }, () => {
    test('everything of acme-dns is taken over, and nothing is taken twice', async (t) => {
      const { database, store, another } = await setup(
        t,
        ...TABLES,
        record(USER, 'a', '\'["192.0.2.0/24"]\''),
        record(OTHER, 'b', 'NULL'),
        slots('a', ['v', 7], ['w', 8]),
        slots('b', ['', 0], ['', 0]),
      );
      assert.deepEqual(await names(store), { a: ['v', 'w'], b: [] });
      const versionOf = async () => (await database.run('SELECT version FROM evercert.clock'))[0]?.['version'];
      const before = await versionOf();
      assert.deepEqual(await names(await another()), { a: ['v', 'w'], b: [] });
      assert.equal(await versionOf(), before);
      const [a, b] = [await store.findAccount(USER), await store.findAccount(OTHER)];
      assert.deepEqual([a?.key, a?.lastUpdateAt], [{ kind: 'bcrypt', hash: 'hash of a' }, 8000]);
      assert.ok(!isAllowed(b?.allowFrom ?? [], ['192.0.2.1']), 'without a list that can be read, nobody is let in');
      await store.changeTxt('b', () => [{ value: 'x', updatedAt: 9000, held: false }]);
      const [row] = await database.run(`SELECT allowfrom FROM public.records WHERE username = '${OTHER}'`);
      assert.equal(row?.['allowfrom'], null, 'it stays as it was written');
    });

    test('a database of the first version, and an empty one, are made complete', async (t) => {
      const old = await setup(
        t,
        'CREATE TABLE public.acmedns (Name TEXT, Value TEXT)',
        'CREATE TABLE public.records (Username TEXT UNIQUE NOT NULL PRIMARY KEY, Password TEXT UNIQUE NOT NULL, Subdomain TEXT UNIQUE NOT NULL, Value TEXT, LastActive INT, AllowFrom TEXT)',
        `INSERT INTO public.records (username, password, subdomain, allowfrom) VALUES ('${USER}', 'h', 'a', '[]')`,
      );
      assert.deepEqual(await names(old.store), { a: [] });
      const count = await old.database.run('SELECT count(*)::int AS count FROM public.txt');
      assert.equal(count[0]?.['count'], 2);
      const empty = await setup(t);
      assert.deepEqual(await names(empty.store), {});
      assert.equal((await empty.database.run('SELECT value FROM public.acmedns'))[0]?.['value'], '1');
    });

    test('a user who may write those tables, and make nothing beside them, is enough', async (t) => {
      const open = await newPostgresDatabase(t);
      const admin = await open();
      for (const statement of [...TABLES, record(USER, 'a'), slots('a', ['v', 7], ['', 0])]) await admin.run(statement);
      for (const statement of [
        'CREATE ROLE narrow',
        'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO narrow',
        'GRANT ALL ON SCHEMA evercert TO narrow',
      ])
        await admin.run(statement);
      const narrow: PostgresDatabase = {
        ...admin,
        transaction: (work, { first = '', ...frame } = {}) =>
          admin.transaction(work, { ...frame, first: `SET LOCAL ROLE narrow; ${first}` }),
      };
      const tables = await prepareAcmeDnsTables(narrow);
      assert.deepEqual(await names(createAcmeDnsPostgresStore(admin, tables)), { a: ['v'] });
    });

    test('one of a newer acme-dns is not taken', async (t) => {
      await assert.rejects(setup(t, ...TABLES, "UPDATE public.acmedns SET value = '2'"), { code: 'store-too-new' });
    });

    test('what acme-dns writes between our look and our change is not lost', async (t) => {
      const { database, store } = await setup(t, ...TABLES, record(USER, 'a'), slots('a', ['v', 7], ['w', 8]));
      await names(store);
      await database.run("UPDATE public.txt SET value = 'x', lastupdate = 9 WHERE value = 'v'");
      const after = await store.changeTxt('a', (rows) => [...rows, { value: 'y', updatedAt: 10_000, held: false }]);
      assert.deepEqual(after?.rows.map(({ value }) => value).toSorted(), ['w', 'x', 'y']);
      const there = await database.run("SELECT value FROM public.txt WHERE subdomain = 'a' ORDER BY lastupdate");
      assert.deepEqual(
        there.map((row) => row['value']),
        ['x', 'y'],
      );
    });

    test('labels and accounts that people rename or delete while it runs are followed, and an account that was just made is let in', async (t) => {
      const { database, store } = await setup(
        t,
        ...TABLES,
        record(USER, 'ugly'),
        record(OTHER, 'gone'),
        slots('ugly', ['v', 7], ['', 0]),
      );
      await store.addDelegation(parseDomainName('example.org'), 'own');
      assert.deepEqual(await names(store), { gone: [], own: [], ugly: ['v'] });
      const stop = new AbortController();
      const told: StoreChange[] = [];
      const following = (async () => {
        for await (const change of store.changesByOthers(stop.signal)) told.push(change);
      })();
      await database.run(
        "UPDATE public.records SET subdomain = 'nice' WHERE subdomain = 'ugly'; UPDATE public.txt SET subdomain = 'nice' WHERE subdomain = 'ugly'; DELETE FROM public.records WHERE subdomain = 'gone'",
      );
      const made = '21604081-505f-43f8-a4a4-82225697aed2';
      await database.run(record(made, 'new'));
      assert.equal((await store.findAccount(made))?.subdomain, 'new', 'at once');
      const removed = () =>
        told.flatMap((change) => (change.kind === 'changed' ? change.removed.map(({ subdomain }) => subdomain) : []));
      const deadline = Date.now() + 15_000;
      while (!['ugly', 'gone'].every((label) => removed().includes(label)) && Date.now() < deadline) await delay(20);
      stop.abort();
      await following;
      assert.deepEqual(await names(store), { new: [], nice: ['v'], own: [] });
      assert.equal((await store.findAccount(USER))?.subdomain, 'nice');
      assert.equal(await store.findAccount(OTHER), undefined);
    });

    test('labels that were exchanged by hand, which no single change can follow, come right in the end', async (t) => {
      const { database, store } = await setup(t, ...TABLES, record(USER, 'a'), record(OTHER, 'b'));
      await names(store);
      await database.run(
        "UPDATE public.records SET subdomain = 'c' WHERE subdomain = 'a'; UPDATE public.records SET subdomain = 'a' WHERE subdomain = 'b'; UPDATE public.records SET subdomain = 'b' WHERE subdomain = 'c'",
      );
      for (let looks = 0; looks < 3; looks += 1) await names(store);
      assert.equal((await store.findAccount(USER))?.subdomain, 'b');
      assert.equal((await store.findAccount(OTHER))?.subdomain, 'a');
    });
  });
});
