import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { isAllowed } from '../acmedns/allow-from.ts';
import type { StoredName } from '../acmedns/ports.ts';
import { openAcmeDnsSqlite } from './acme-dns-sqlite.ts';
import { createAcmeDnsSqliteStore } from './acme-dns-sqlite-store.ts';

const USER = '01604081-505f-43f8-a4a4-82225697aed2';
const HASH = '$2a$10$O/..R4lAaV5ZkTR2nqQBTlS.zvY8dyZjrSU2PDHhq7V7HOL/baljeJTy';

function newFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-acmedns-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'acme-dns.db');
}

/** A file with these statements in it, opened in place. */
function open(t: TestContext, file: string, sql = '') {
  if (sql !== '') {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  }
  const opened = openAcmeDnsSqlite(file);
  t.after(() => opened.close());
  return { database: opened, store: createAcmeDnsSqliteStore(opened) };
}

const TABLES = `
  CREATE TABLE acmedns(Name TEXT, Value TEXT);
  INSERT INTO acmedns VALUES ('db_version', '1');
  CREATE TABLE records(Username TEXT UNIQUE NOT NULL PRIMARY KEY, Password TEXT UNIQUE NOT NULL, Subdomain TEXT UNIQUE NOT NULL, AllowFrom TEXT);
  CREATE TABLE txt(Subdomain TEXT NOT NULL, Value TEXT NOT NULL DEFAULT '', LastUpdate INT);`;

describe('a file of any age', () => {
  test('none yet: made as acme-dns makes it, and private', async (t) => {
    const file = newFile(t);
    const { database, store } = open(t, file);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(
      { ...database.prepare('SELECT Name, Value FROM acmedns').get() },
      { Name: 'db_version', Value: '1' },
    );
    assert.equal(await store.findAccount(USER), undefined);
  });

  test('one of the first version, which had the value with the account: brought up to date once', async (t) => {
    const file = newFile(t);
    const { database, store } = open(
      t,
      file,
      `CREATE TABLE records(Username TEXT UNIQUE NOT NULL PRIMARY KEY, Password TEXT UNIQUE NOT NULL, Subdomain TEXT UNIQUE NOT NULL,
         Value TEXT, LastActive INT, AllowFrom TEXT);
       INSERT INTO records VALUES ('${USER}', '${HASH}', 'old', 'v', 5, '[]')`,
    );
    const slots = () =>
      database
        .prepare('SELECT Subdomain, Value, LastUpdate FROM txt')
        .all()
        .map((row) => ({ ...row }));
    const empty = { Subdomain: 'old', Value: '', LastUpdate: 0 };
    assert.deepEqual(slots(), [empty, empty]);
    open(t, file);
    assert.deepEqual(slots(), [empty, empty]);
    const account = await store.findAccount(USER);
    // The password is text here, since somebody wrote it with another program than acme-dns.
    assert.deepEqual([account?.key, account?.subdomain], [{ kind: 'bcrypt', hash: HASH }, 'old']);
    await store.changeTxt('old', () => [{ value: 'new', updatedAt: 7000, held: false }]);
    assert.deepEqual(new Set(slots().map(({ Value }) => Value)), new Set(['', 'new']));
  });

  test('rows that acme-dns would miss are made with the first value', async (t) => {
    const file = newFile(t);
    const { database, store } = open(
      t,
      file,
      `${TABLES} INSERT INTO records VALUES ('${USER}', '${HASH}', 'bare', '[]')`,
    );
    await store.changeTxt('bare', () => [{ value: 'v', updatedAt: 7000, held: false }]);
    assert.equal(database.prepare("SELECT count(*) AS count FROM txt WHERE Subdomain = 'bare'").get()?.['count'], 2);
  });

  const refused: [what: string, sql: string, code: string, message: RegExp][] = [
    [
      'a newer acme-dns',
      `${TABLES} UPDATE acmedns SET Value = '2'`,
      'store-too-new',
      /by an acme-dns that this version of evercert does not know/,
    ],
    [
      'a newer evercert',
      `${TABLES} CREATE TABLE evercert_schema (version INTEGER); INSERT INTO evercert_schema VALUES (99)`,
      'store-too-new',
      /by a newer evercert/,
    ],
  ];
  for (const [what, sql, code, message] of refused) {
    test(`not taken: of ${what}; nothing is changed`, (t) => {
      const file = newFile(t);
      assert.throws(
        () => open(t, file, sql),
        (error: { code?: string; message?: string }) => error.code === code && message.test(error.message ?? ''),
      );
      const database = new DatabaseSync(file, { readOnly: true });
      t.after(() => database.close());
      assert.equal(
        database.prepare("SELECT 1 FROM sqlite_schema WHERE name IN ('evercert_txt', 'idx_txt_subdomain')").get(),
        undefined,
      );
    });
  }

  test('not a database, or not to be written: told with the file', (t) => {
    const file = newFile(t);
    writeFileSync(file, 'this is no database at all, whatever its name says');
    assert.throws(() => openAcmeDnsSqlite(file), {
      code: 'store-unavailable',
      message: /acme-dns\.db cannot be used: .*; stop acme-dns, and let this user write/,
    });
    assert.throws(() => openAcmeDnsSqlite('/nowhere/acme-dns.db'), { code: 'store-unavailable' });
  });

  test('its permissions stay', (t) => {
    const file = newFile(t);
    writeFileSync(file, '');
    chmodSync(file, 0o640);
    open(t, file, TABLES);
    assert.equal(statSync(file).mode & 0o777, 0o640);
  });
});

describe('what people have written into it', () => {
  const lists: [written: string, everybody: boolean][] = [
    ["'[]'", true],
    ["'null'", true],
    ['\'["192.0.2.0/24"]\'', false],
    ['NULL', false],
    ["''", false],
    ["'[1]'", false],
    ["'192.0.2.0/24'", false],
  ];
  for (const [written, everybody] of lists) {
    test(`an allow list that is ${written}`, async (t) => {
      const file = newFile(t);
      const { database, store } = open(
        t,
        file,
        `${TABLES} INSERT INTO records VALUES ('${USER}', '${HASH}', 'label', ${written})`,
      );
      const account = await store.findAccount(USER);
      assert.equal(isAllowed(account?.allowFrom ?? [], ['198.51.100.1']), everybody);
      const raw = () => database.prepare('SELECT AllowFrom FROM records').get()?.['AllowFrom'];
      const before = raw();
      await store.changeAccount(USER, (old) => ({ ...old, createdAt: 5 }));
      assert.equal(raw(), before, 'what is not changed stays as it was written');
      await store.changeAccount(USER, (old) => ({ ...old, allowFrom: ['::/0'] }));
      assert.equal(raw(), '["::/0"]');
    });
  }

  test('an account that was taken out of records is gone, and its values do not come back with a new one', async (t) => {
    const file = newFile(t);
    const { database, store } = open(
      t,
      file,
      `${TABLES} INSERT INTO records VALUES ('${USER}', '${HASH}', 'label', '[]')`,
    );
    await store.changeTxt('label', () => [{ value: 'v', updatedAt: 7000, held: true }]);
    database.exec('DELETE FROM records');
    assert.deepEqual(await allNames(store.names()), []);
    const account = {
      username: USER,
      key: { kind: 'bcrypt', hash: HASH },
      subdomain: 'label',
      allowFrom: [],
      createdAt: 0,
    } as const;
    await store.addAccount(account);
    assert.deepEqual(
      (await allNames(store.names())).map(({ rows }) => rows),
      [[]],
    );
  });

  test('the values of a label that was renamed are at the new name', async (t) => {
    const file = newFile(t);
    const { database, store } = open(
      t,
      file,
      `${TABLES} INSERT INTO records VALUES ('${USER}', '${HASH}', 'ugly', '[]'); INSERT INTO txt VALUES ('ugly', 'v', 7), ('ugly', '', 0)`,
    );
    database.exec("UPDATE records SET Subdomain = 'nice'; UPDATE txt SET Subdomain = 'nice'");
    assert.deepEqual(
      (await allNames(store.names())).map(({ subdomain, rows }) => [subdomain, rows.map(({ value }) => value)]),
      [['nice', ['v']]],
    );
    assert.equal((await store.findAccountByLabel('nice'))?.lastUpdateAt, 7000);
  });
});

async function allNames(pages: AsyncIterable<readonly StoredName[]>): Promise<StoredName[]> {
  const names: StoredName[] = [];
  for await (const page of pages) names.push(...page);
  return names;
}
