import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAllowed } from '../../src/acmedns/allow-from.ts';
import { acmeDnsRows, recorded } from './acme-dns-rows.ts';
import type { AcmeDnsRows, RecordedAccount } from './acme-dns-rows.ts';
import { type PostgresPeer, startPostgres } from './postgres.ts';
import { peer, peers } from './require-peer.ts';
import { takeOver, type TakenOver, type TakeOverOptions } from './taken-over.ts';
import { tempFolder, type TempFolder } from './temp-folder.ts';

/*
 * An operator stops acme-dns, starts evercert with the same config.cfg and the same database, and may go back. The databases were written by
 * acme-dns itself; what it would do with them afterwards is done by acme-dns-rows, with its drivers and its bcrypt.
 */

const run = promisify(execFile);
const skip = peers('acme-dns-rows');
let values = 0;
/** 43 characters of base64url, never the same twice. */
const value = () => `${(values += 1)}`.padStart(43, 'A_-z');
const LOOPBACK = ['127.0.0.1'];

interface Database extends TakeOverOptions {
  readonly rows: AcmeDnsRows;
  readonly accounts: readonly RecordedAccount[];
}

async function sqlite(name: 'acme-dns-v1.1' | 'acme-dns-v2', engine: string): Promise<Database> {
  const folder = tempFolder('takeover');
  const { file, zone, accounts } = recorded(name);
  const path = join(folder.path, 'acme-dns.db');
  copyFileSync(file, path);
  // As in the sample: a file in the folder that it is started from.
  const config = [`engine = "${engine}"`, 'connection = "acme-dns.db"'];
  return { config, rows: acmeDnsRows('sqlite', path), zone, accounts, folder };
}

let server: PostgresPeer | undefined;
after(() => server?.remove());

async function postgres(): Promise<Database> {
  server ??= await startPostgres();
  const folder = tempFolder('takeover');
  const { file, zone, accounts } = recorded('acme-dns-v2-postgresql');
  const url = new URL(await server.createDatabase());
  // As people set it up: a user of its own, who owns the database.
  url.username = `acmedns${url.pathname.slice(1)}`;
  await server.run(`CREATE USER ${url.username} PASSWORD '${url.password}'`);
  await server.run(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${url.username}`);
  url.search = '?sslmode=disable';
  await run(peer('psql').path, ['--quiet', '--no-psqlrc', '--set=ON_ERROR_STOP=1', `--file=${file}`, url.href]);
  const config = ['engine = "postgres"', `connection = "${url.href}"`];
  return { config, rows: acmeDnsRows('postgres', url.href), zone, accounts, folder };
}

const databases: { name: string; open: () => Promise<Database>; skip: string | false }[] = [
  { name: 'SQLite of v1.1', open: () => sqlite('acme-dns-v1.1', 'sqlite3'), skip },
  { name: 'SQLite of v2', open: () => sqlite('acme-dns-v2', 'sqlite'), skip },
  { name: 'PostgreSQL of v2', open: postgres, skip: peers('acme-dns-rows', 'postgres', 'psql') },
];

async function register(evercert: TakenOver, body = ''): Promise<RecordedAccount> {
  const response = await evercert.call('/register', { method: 'POST', body });
  assert.equal(response.status, 201);
  return (await response.json()) as RecordedAccount;
}

for (const { name, open, skip: why } of databases) {
  describe(name, { skip: why, timeout: 120_000 }, () => {
    let database: Database;
    let evercert: TakenOver;
    beforeEach(async () => {
      database = await open();
      evercert = await takeOver(database);
      await evercert.start();
    });
    afterEach(async () => {
      await evercert?.stop('SIGKILL');
      database?.folder.remove();
    });

    test('every name is served, every owner let in, and acme-dns goes on from there', async () => {
      const { accounts, rows } = database;
      assert.match(evercert.output(), /config\.cfg, line 7: general\.records\[2\] is left out/);
      const live = new Map<string, readonly string[]>();
      for (const account of accounts) {
        assert.deepEqual(await evercert.txt(account.subdomain), account.txt?.toSorted(), account.subdomain);
        live.set(account.subdomain, account.txt ?? []);
      }
      assert.equal(await evercert.txt('11111111-2222-4333-8444-555555555555'), undefined);

      const [first] = accounts;
      assert.ok(first);
      const turned = { ...first, password: first.password.split('').toReversed().join('') };
      assert.equal((await evercert.update(turned, value())).status, 401);
      for (const account of accounts) {
        const { subdomain, allowfrom } = account;
        const txt = value();
        const { status, body } = await evercert.update(account, txt);
        if (!isAllowed(allowfrom, LOOPBACK)) {
          assert.equal(status, 401);
          continue;
        }
        assert.deepEqual([status, body], [200, `{"txt": "${txt}"}`]);
        assert.ok((await evercert.txt(subdomain))?.includes(txt));
        live.set(subdomain, [...(live.get(subdomain) ?? []).slice(-1), txt]);
      }
      const fresh = await register(evercert, '{"allowfrom":["127.0.0.0/8"]}');
      assert.deepEqual(await evercert.txt(fresh.subdomain), []);
      const three = [value(), value(), value()];
      for (const txt of three) assert.equal((await evercert.update(fresh, txt)).status, 200);
      assert.deepEqual(await evercert.txt(fresh.subdomain), three.toSorted());
      live.set(fresh.subdomain, three.slice(1));
      // As if the machine had died: what was acknowledged is there for acme-dns.
      await evercert.stop('SIGKILL');

      const everybody = [...accounts, fresh];
      const wrong = everybody.map((account) => ({ ...account, password: 'x'.repeat(40) }));
      assert.deepEqual(new Set(await rows.letsIn(everybody)), new Set([true]));
      assert.deepEqual(new Set(await rows.letsIn(wrong)), new Set([false]));
      const labels = everybody.map(({ subdomain }) => subdomain);
      assert.deepEqual(
        await rows.txt(labels),
        labels.map((label) => live.get(label)?.toSorted()),
      );

      // acme-dns runs for a while, and evercert again.
      const byAcmeDns = value();
      await rows.update(first.subdomain, byAcmeDns);
      await rows.update(fresh.subdomain, byAcmeDns);
      const other = await rows.register(['127.0.0.0/8']);
      await evercert.start();
      const kept = live.get(first.subdomain)?.at(-1) ?? '';
      assert.deepEqual(await evercert.txt(first.subdomain), [kept, byAcmeDns].toSorted());
      // Which of two of the same second it overwrites is its own affair; that one is gone. The oldest was never in its rows.
      const [left = []] = await rows.txt([fresh.subdomain]);
      assert.deepEqual(
        await evercert.txt(fresh.subdomain),
        [three[0] ?? '', ...left].toSorted((a, b) => (a < b ? -1 : 1)),
      );
      assert.deepEqual(await evercert.txt(other.subdomain), []);
      for (const account of [first, fresh, other]) assert.equal((await evercert.update(account, value())).status, 200);
    });

    test('what is written there while evercert serves, is served and let in', async () => {
      const { accounts, rows } = database;
      const [first] = accounts;
      assert.ok(first);
      const txt = value();
      await rows.update(first.subdomain, txt);
      await until(async () => (await evercert.txt(first.subdomain))?.includes(txt) === true);
      const other = await rows.register();
      const own = value();
      await until(async () => (await evercert.update(other, own)).status === 200);
      assert.deepEqual(await evercert.txt(other.subdomain), [own]);
    });
  });
}

test(
  'a user of PostgreSQL that is called as our schema is, is refused before anything is changed',
  { skip: peers('postgres') },
  async (t) => {
    server ??= await startPostgres();
    const url = await server.createDatabase();
    const folder = tempFolder('takeover');
    t.after(() => folder.remove());
    const config = ['engine = "postgres"', `connection = "${url}?sslmode=disable"`];
    const evercert = await takeOver({ folder, zone: 'auth.example.org', config });
    await assert.rejects(evercert.start(), /is called "evercert", so that acme-dns would take our tables for its own/);
    const schemas = await server.run(
      "SELECT FROM pg_namespace WHERE nspname = 'evercert'",
      new URL(url).pathname.slice(1),
    );
    assert.equal(schemas.rowCount, 0);
  },
);

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, 'it was not so in time');
    await delay(50);
  }
}

type Row = Record<string, unknown>;

describe('SQLite, as acme-dns finds it afterwards', { skip, timeout: 60_000 }, () => {
  let folder: TempFolder;
  let path: string;
  let schema: readonly Row[];
  before(async () => {
    const database = await sqlite('acme-dns-v1.1', 'sqlite3');
    folder = database.folder;
    path = join(folder.path, 'acme-dns.db');
    schema = read('SELECT name, sql FROM sqlite_schema ORDER BY name');
    const evercert = await takeOver(database);
    try {
      await evercert.start();
      const fresh = await register(evercert);
      await evercert.update(fresh, value());
    } finally {
      await evercert.stop();
    }
  });
  after(() => folder?.remove());

  function read(sql: string): Row[] {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      return database
        .prepare(sql)
        .all()
        .map((row) => ({ ...row }));
    } finally {
      database.close();
    }
  }

  test('the tables of acme-dns are what they were, and one index has come to them', () => {
    const now = read("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE '%evercert%' ORDER BY name");
    const isIndex = ({ name }: Row) => name === 'idx_txt_subdomain';
    assert.deepEqual(
      now.filter((entry) => !isIndex(entry)),
      schema,
    );
    assert.equal(now.filter(isIndex).length, 1);
  });

  test('passwords are octets, allow lists are JSON, and every label has two rows', () => {
    assert.deepEqual(
      read('SELECT DISTINCT typeof(Password) AS p, typeof(AllowFrom) AS a, typeof(Username) AS u FROM records'),
      [{ p: 'blob', a: 'text', u: 'text' }],
    );
    assert.deepEqual(read('SELECT DISTINCT typeof(Value) AS v, typeof(LastUpdate) AS l FROM txt'), [
      { v: 'text', l: 'integer' },
    ]);
    assert.deepEqual(read('SELECT DISTINCT count(*) AS count FROM txt GROUP BY Subdomain'), [{ count: 2 }]);
    assert.deepEqual(read('SELECT count(*) AS count FROM records WHERE Subdomain NOT IN (SELECT Subdomain FROM txt)'), [
      { count: 0 },
    ]);
  });

  test('the file is whole, as private as it was, and nothing lies beside it that acme-dns would need', () => {
    assert.deepEqual(read('PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
    assert.deepEqual(read('PRAGMA journal_mode'), [{ journal_mode: 'delete' }]);
    assert.throws(() => statSync(`${path}-wal`));
  });
});
