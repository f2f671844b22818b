import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { createAccount } from '../../src/acmedns/account.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createSqliteAccountStore } from '../../src/store/sqlite-account-store.ts';
import { createMemoryAccountStore, MemoryDatabase } from './account-store-in-memory.ts';
import { testAccountStore } from './account-txt-store.ts';

testAccountStore('in memory', () => {
  const world = new MemoryDatabase();
  return { store: createMemoryAccountStore(world), reopen: () => createMemoryAccountStore(world) };
});

testAccountStore('SQLite file', (t) => {
  const { open } = databaseFile(t);
  // A second connection sees what is committed and nothing else.
  return { store: createSqliteAccountStore(open()), reopen: () => createSqliteAccountStore(open()) };
});

function databaseFile(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-accounts-'));
  const file = join(folder, 'evercert.db');
  const opened: ReturnType<typeof openDatabase>[] = [];
  t.after(() => {
    for (const database of opened) if (database.isOpen) database.close();
    rmSync(folder, { recursive: true });
  });
  const open = () => {
    const database = openDatabase(file);
    opened.push(database);
    return database;
  };
  return { file, open };
}

const rows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ value: `${index}`.padStart(43, 'v'), updatedAt: index, held: false }));

test('SQLite: a store that cannot write says so, changes nothing, and goes on when it can again', async (t) => {
  const { open } = databaseFile(t);
  const database = open();
  const store = createSqliteAccountStore(database);
  await store.addAccount({ ...createAccount([], 0).account, subdomain: 'a' });
  await store.changeTxt('a', () => rows(1));
  database.exec(`PRAGMA max_page_count = ${Number(database.prepare('PRAGMA page_count').get()?.['page_count'])}`);
  await assert.rejects(
    store.changeTxt('a', () => rows(2000)),
    { code: 'store-unavailable' },
  );
  assert.equal((await store.changeTxt('a', (before) => before))?.rows.length, 1);
  database.exec('PRAGMA max_page_count = 100000');
  assert.equal((await store.changeTxt('a', () => rows(2000)))?.rows.length, 2000);
});

test('SQLite: a closed database is an error with a code, not a crash', async (t) => {
  const { open } = databaseFile(t);
  const database = open();
  const store = createSqliteAccountStore(database);
  database.close();
  await assert.rejects(store.findAccount('x'), { code: 'store-unavailable' });
  await assert.rejects(store.addAccount(createAccount([], 0).account), { code: 'store-unavailable' });
});

test('SQLite: the keys are not in the file, and the file is private', async (t) => {
  const { file, open } = databaseFile(t);
  const { account } = createAccount([], 0);
  await createSqliteAccountStore(open()).addAccount(account);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('SQLite: whatever was acknowledged before kill -9 is there after it', async (t) => {
  const { file, open } = databaseFile(t);
  const writer = `
    import { createAccount } from ${JSON.stringify(new URL('../../src/acmedns/account.ts', import.meta.url).href)};
    import { openDatabase } from ${JSON.stringify(new URL('../../src/store/database.ts', import.meta.url).href)};
    import { createSqliteAccountStore } from ${JSON.stringify(new URL('../../src/store/sqlite-account-store.ts', import.meta.url).href)};
    const store = createSqliteAccountStore(openDatabase(process.argv[1]));
    const one = async () => {
      for (;;) {
        const { account } = createAccount([], 0);
        await store.addAccount(account);
        process.stdout.write(account.username + '\\n');
      }
    };
    for (let n = 0; n < 8; n += 1) void one();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.length === 36) acknowledged.push(line);
    if (acknowledged.length === 300) child.kill('SIGKILL');
  }
  await exited;
  assert.ok(acknowledged.length >= 300);
  const store = createSqliteAccountStore(open());
  for (const username of acknowledged) assert.ok(await store.findAccount(username), username);
});
