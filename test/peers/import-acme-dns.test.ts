import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { isAllowed } from '../../src/acmedns/allow-from.ts';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { query } from '../../src/dns/query.ts';
import { txtValue } from '../../src/dns/record.ts';
import { recorded, type RecordedAccount } from './acme-dns-rows.ts';
import { startEvercert } from './evercert.ts';
import { freePort } from './free-port.ts';
import { type PostgresPeer, startPostgres } from './postgres.ts';
import { peer, peers } from './require-peer.ts';
import { runProgram } from './run-program.ts';
import { tempFolder, type TempFolder } from './temp-folder.ts';

/* Databases that acme-dns itself has written, moved into ours by `evercert import acme-dns`. */

let server: PostgresPeer | undefined;
after(() => server?.remove());

interface Report {
  readonly found: number;
  readonly accounts: number;
  readonly present: number;
  readonly updated: number;
  readonly skipped: readonly { readonly subdomain: string; readonly why: string }[];
  readonly closed: readonly string[];
}

interface Target {
  readonly folder: TempFolder;
  readonly configFile: string;
  readonly dnsPort: number;
  readonly apiPort: number;
}

async function target(zone: string, more = ''): Promise<Target> {
  const folder = tempFolder('import');
  const [dnsPort, apiPort] = [await freePort(), await freePort()];
  const configFile = join(folder.path, 'evercert.toml');
  writeFileSync(
    configFile,
    `data = "${join(folder.path, 'data')}"
[zone]
name = "${zone}"
[dns]
listen = ["127.0.0.1:${dnsPort}"]
workers = 0
[api]
listen = ["127.0.0.1:${apiPort}"]
${more}`,
    { mode: 0o600 },
  );
  return { folder, configFile, dnsPort, apiPort };
}

async function run(args: readonly string[]): Promise<{ code: unknown; output: string }> {
  const evercert = await startEvercert(args);
  const { code, output } = await evercert.ended;
  return { code, output };
}

async function runImport({ configFile }: Target, from: string, ...flags: readonly string[]): Promise<Report> {
  const { code, output } = await run(['import', 'acme-dns', '--from', from, '-c', configFile, '-o', 'json', ...flags]);
  assert.equal(code, 0, output);
  return JSON.parse(output) as Report;
}

async function txtOf({ dnsPort }: Target, name: string): Promise<string[]> {
  const at = { address: '127.0.0.1', port: dnsPort };
  const question = { name: parseDomainName(name), type: 'TXT' as const };
  const reply = await query(question, at, { signal: AbortSignal.timeout(10_000) });
  assert.equal(reply.rcode, 'NOERROR');
  return reply.answers.flatMap((record) => (record.type === 'TXT' ? [txtValue(record)] : [])).toSorted();
}

async function update({ apiPort }: Target, account: RecordedAccount, txt: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${apiPort}/update`, {
    method: 'POST',
    headers: { 'x-api-user': account.username, 'x-api-key': account.password },
    body: JSON.stringify({ subdomain: account.subdomain, txt }),
    signal: AbortSignal.timeout(20_000),
  });
  return response.status;
}

/** What passwords are: bcrypt is text, SHA-256 is octets. */
function kinds(path: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database
      .prepare('SELECT DISTINCT typeof(password) AS kind FROM accounts')
      .all()
      .map((row) => row['kind']);
  } finally {
    database.close();
  }
}

/** Everybody is served and let in, and bcrypt is gone after the first use. */
async function checkServed(at: Target, zone: string, accounts: readonly RecordedAccount[]): Promise<void> {
  const evercert = await startEvercert(['serve', '-c', at.configFile], {
    ready: async () => (await fetch(`http://127.0.0.1:${at.apiPort}/health`)).ok,
  });
  try {
    for (const [index, account] of accounts.entries()) {
      const name = `${account.subdomain}.${zone}`;
      assert.deepEqual(await txtOf(at, name), account.txt?.toSorted());
      const txt = `${index}`.padStart(43, 'v');
      const expected = isAllowed(account.allowfrom, ['127.0.0.1']) ? 200 : 401;
      assert.equal(await update(at, account, txt), expected);
      if (expected === 200) assert.ok((await txtOf(at, name)).includes(txt));
    }
  } finally {
    await evercert.process.stop();
  }
}

describe('into SQLite', () => {
  for (const name of ['acme-dns-v1.1', 'acme-dns-v2'] as const) {
    test(`${name}.db`, { timeout: 90_000 }, async (t) => {
      const { file, zone, accounts } = recorded(name);
      const at = await target(zone);
      t.after(() => at.folder.remove());
      const sum = () => createHash('sha256').update(readFileSync(file)).digest('hex');
      const before = sum();
      const data = join(at.folder.path, 'data');

      const dry = await runImport(at, file, '--dry-run');
      assert.deepEqual([dry.found, dry.accounts, dry.skipped.length], [accounts.length, accounts.length, 0]);
      assert.ok(!existsSync(data), 'a dry run makes nothing');
      assert.equal((await runImport(at, file)).accounts, accounts.length);
      const again = await runImport(at, file);
      assert.deepEqual([again.accounts, again.present, again.updated], [0, accounts.length, 0]);
      assert.equal(sum(), before, 'the database of acme-dns is only read');

      assert.deepEqual(kinds(join(data, 'evercert.db')), ['text']);
      await checkServed(at, zone, accounts);
      assert.deepEqual(kinds(join(data, 'evercert.db')), ['blob'], 'each key was replaced when it was first used');
      assert.deepEqual((await runImport(at, file)).present, accounts.length, 'what is newer here stays');
    });
  }

  test(
    'what cannot be used is named, and the rest is imported; config.cfg leads to the database',
    { timeout: 60_000 },
    async (t) => {
      const { file, zone, accounts } = recorded('acme-dns-v2');
      const at = await target(zone);
      t.after(() => at.folder.remove());
      const path = join(at.folder.path, 'acme-dns.db');
      copyFileSync(file, path);
      const database = new DatabaseSync(path);
      const insert = database.prepare(
        'INSERT INTO records (Username, Password, Subdomain, AllowFrom) VALUES (?, ?, ?, ?)',
      );
      insert.run('11111111-2222-4333-8444-555555555555', 'a', 'no label', '[]');
      insert.run('nobody', 'b', 'fine', '[]');
      insert.run('21111111-2222-4333-8444-555555555555', 'c', 'WWW-shop', '[]');
      insert.run('31111111-2222-4333-8444-555555555555', 'd', 'closed', null);
      database.close();
      const config = join(at.folder.path, 'config.cfg');
      writeFileSync(
        config,
        `[general]\nprotocol = "both"\ndomain = "${zone}"\n[database]\nengine = "sqlite3"\nconnection = "acme-dns.db"\n[api]\ntls = "none"\nport = "80"\n`,
      );
      const report = await runImport(at, config);
      assert.equal(report.accounts, accounts.length + 1);
      assert.deepEqual(
        report.skipped.map(({ subdomain }) => subdomain).toSorted((a, b) => (a < b ? -1 : 1)),
        ['WWW-shop', 'fine', 'no label'],
      );
      assert.deepEqual(report.closed, ['closed']);
      assert.ok(!('otherZone' in report));
      const elsewhere = await target('auth.example.net');
      t.after(() => elsewhere.folder.remove());
      const dryRun = ['import', 'acme-dns', '--from', config, '-c', elsewhere.configFile, '--dry-run'];
      const { code, output } = await run(dryRun);
      assert.equal(code, 0, output);
      assert.match(
        output,
        /^the zone of acme-dns is auth\.example\.org, and CNAMEs lead there: serve it as \[zone\], or/m,
      );
    },
  );

  const { file } = recorded('acme-dns-v2');
  const wrong: [what: string, args: (at: Target) => string[], message: RegExp][] = [
    ['a file that is not there', () => ['--from', '/nowhere.db'], /\/nowhere\.db cannot be read/],
    [
      'a file of something else',
      ({ configFile }) => ['--from', configFile],
      /is neither a database of acme-dns nor its configuration/,
    ],
    [
      'another SQLite database',
      ({ folder }) => ['--from', emptyDatabase(folder.path)],
      /other\.db is no database of acme-dns/,
    ],
    [
      'a configuration of acme-dns as the target',
      ({ folder }) => ['--from', file, '-c', acmeDnsConfig(folder.path)],
      /used where it is, without an import/,
    ],
    ['no source', () => [], /required option '--from <file>' not specified/],
  ];
  for (const [what, args, message] of wrong) {
    test(`is refused: ${what}`, async (t) => {
      const at = await target('auth.example.org');
      t.after(() => at.folder.remove());
      const { code, output } = await run(['import', 'acme-dns', '-c', at.configFile, ...args(at)]);
      assert.equal(code, 2, output);
      assert.match(output, message);
    });
  }
});

function emptyDatabase(folder: string): string {
  const path = join(folder, 'other.db');
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE t (x)');
  database.close();
  return path;
}

function acmeDnsConfig(folder: string): string {
  const path = join(folder, 'config.cfg');
  writeFileSync(
    path,
    '[general]\nprotocol = "both"\ndomain = "auth.example.org"\n[database]\nengine = "sqlite"\nconnection = "x.db"\n[api]\ntls = "none"\nport = "80"\n',
  );
  return path;
}

test(
  'from PostgreSQL into PostgreSQL, in one and the same database',
  { skip: peers('postgres', 'psql'), timeout: 120_000 },
  async (t) => {
    server ??= await startPostgres();
    const { file, zone, accounts } = recorded('acme-dns-v2-postgresql');
    const url = `${await server.createDatabase()}?sslmode=disable`;
    const psql = await runProgram({
      command: peer('psql').path,
      args: ['--quiet', '--no-psqlrc', '--set=ON_ERROR_STOP=1', `--file=${file}`, url],
    });
    assert.equal(psql.code, 0, psql.output);
    const at = await target(zone, `[database]\nurl = "${url}"\n`);
    t.after(() => at.folder.remove());
    const dry = await runImport(at, url, '--dry-run');
    assert.deepEqual([dry.accounts, (await runImport(at, url, '--dry-run')).present], [accounts.length, 0]);
    assert.equal((await runImport(at, url)).accounts, accounts.length);
    assert.equal((await runImport(at, url)).present, accounts.length);
    await checkServed(at, zone, accounts);
  },
);

test(
  'a large one into PostgreSQL goes part by part, and the next import finishes one that was killed',
  { skip: peers('postgres'), timeout: 120_000 },
  async (t) => {
    server ??= await startPostgres();
    const [count, whole] = [12_000, 4000];
    const url = `${await server.createDatabase()}?sslmode=disable`;
    const name = new URL(url).pathname.slice(1);
    const at = await target('auth.example.org', `[database]\nurl = "${url}"\n`);
    t.after(() => at.folder.remove());
    const file = join(at.folder.path, 'large.db');
    largeDatabase(file, count);
    assert.deepEqual((await runImport(at, file, '--dry-run')).accounts, count);
    const kept = async () => Number((await server?.run('SELECT count(*) FROM evercert.accounts', name))?.rows[0].count);
    assert.equal(await kept(), 0, 'a dry run brings nothing');

    // The third part stops in its middle, for as long as a statement may take at most.
    await server.run(
      `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(10); RETURN NEW; END';
      CREATE TRIGGER wait BEFORE INSERT ON evercert.accounts FOR EACH ROW WHEN (NEW.subdomain = 'label-5000') EXECUTE FUNCTION wait()`,
      name,
    );
    const first = await startEvercert(['import', 'acme-dns', '--from', file, '-c', at.configFile], {
      ready: async () => (await kept()) === whole,
    });
    await first.process.stop('SIGKILL');
    await server.run('DROP TRIGGER wait ON evercert.accounts', name);
    assert.equal(await kept(), whole, 'each part is there as a whole, or not at all');

    const next = await runImport(at, file);
    assert.deepEqual([next.found, next.present, next.accounts], [count, whole, count - whole]);
    assert.equal(await kept(), count);
    const values = await server.run('SELECT count(*) FROM evercert.txt', name);
    assert.equal(Number(values.rows[0].count), 2 * count);
  },
);

/** As acme-dns would have it: with two values for each account. */
function largeDatabase(path: string, count: number): void {
  copyFileSync(recorded('acme-dns-v2').file, path);
  const database = new DatabaseSync(path);
  database.exec('DELETE FROM records; DELETE FROM txt; BEGIN');
  const account = database.prepare(
    'INSERT INTO records (Username, Password, Subdomain, AllowFrom) VALUES (?, ?, ?, ?)',
  );
  const slot = database.prepare('INSERT INTO txt (Subdomain, Value, LastUpdate) VALUES (?, ?, ?)');
  for (let index = 0; index < count; index++) {
    const number = `${index}`.padStart(12, '0');
    const label = `label-${index}`;
    account.run(`11111111-2222-4333-8444-${number}`, `$2a$10$${number}`.padEnd(60, 'x'), label, '[]');
    for (const value of ['a', 'b']) slot.run(label, `${value}${number}`.padEnd(43, '_'), 1_700_000_000 + index);
  }
  database.exec('COMMIT');
  database.close();
}
