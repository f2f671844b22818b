import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { freePort } from '../peers/free-port.ts';
import { tempFolder } from '../peers/temp-folder.ts';
import { listing } from './listing.ts';
import { evercert, startEvercert } from './run-evercert.ts';

/* config.cfg of acme-dns on the command line. What becomes of each key is in src/config/acme-dns-file.test.ts. */

function write(folder: string, more: string, [dnsPort, apiPort]: readonly number[] = [53, 80]): string {
  const file = join(folder, 'config.cfg');
  writeFileSync(
    file,
    `[general]
listen = "127.0.0.1:${dnsPort}"
protocol = "both"
domain = "auth.example.org"
nsname = "ns.example.org"
[database]
engine = "sqlite3"
connection = "acme-dns.db"
[api]
ip = "127.0.0.1"
port = "${apiPort}"
tls = "none"
${more}`,
  );
  return file;
}

describe('config check', () => {
  test('a good file: what is used, and what may not be meant', async (t) => {
    const folder = tempFolder('acmedns');
    t.after(() => folder.remove());
    const file = write(folder.path, 'colour = "red"');
    const { code, stdout } = await evercert(['config', 'check', '-c', file], { cwd: folder.path });
    assert.equal(code, 0);
    assert.deepEqual(stdout.replaceAll(`${folder.path}/`, '').trimEnd().split('\n'), [
      'warning: config.cfg, line 13: api.colour is not a key of acme-dns, and is passed over',
      'warning: config.cfg, line 8: there is no acme-dns.db, so an empty database is made there; if that is not meant, start evercert where acme-dns was started, or write the whole path',
      'the configuration is good: the zone auth.example.org, 0 certificates',
      'it is one of acme-dns: acme-dns.db is used where it is, and the rest is kept in evercert',
    ]);
    assert.ok(!existsSync(join(folder.path, 'acme-dns.db')), 'nothing is made');
  });

  test('faults: all at once, in the words of that file', async (t) => {
    const folder = tempFolder('acmedns');
    t.after(() => folder.remove());
    const file = write(folder.path, 'use_header = "yes"\n[logconfig]\nlogformat = 5.5');
    const { code, stderr } = await evercert(['config', 'check', '-c', file], { cwd: folder.path });
    assert.equal(code, 2);
    assert.match(stderr, /config\.cfg, line 13: api\.use_header must be true or false/);
  });
});

test('a database that is something else: serve says so, and makes nothing beside it', async (t) => {
  const folder = tempFolder('acmedns');
  t.after(() => folder.remove());
  const file = write(folder.path, '', [await freePort(), await freePort()]);
  writeFileSync(join(folder.path, 'acme-dns.db'), 'root:x:0:0\n');
  const { code, stderr } = await evercert(['serve', '-c', file], { cwd: folder.path });
  assert.equal(code, 2, stderr);
  assert.equal(
    stderr.replaceAll(`${folder.path}/`, ''),
    'evercert: config.cfg, line 8: database.connection names acme-dns.db, which is no SQLite database; name that of acme-dns\n',
  );
  assert.deepEqual(listing(folder.path), ['acme-dns.db', 'config.cfg']);
});

test('serve without a configuration names the file that acme-dns would take, and does not take it', async (t) => {
  const folder = tempFolder('acmedns');
  t.after(() => folder.remove());
  write(folder.path, '');
  const data = join(folder.path, 'data');
  const { code, stderr } = await evercert(['serve', '--data', data], { cwd: folder.path });
  assert.equal(code, 2);
  if (existsSync('/etc/acme-dns/config.cfg')) return;
  assert.match(stderr, /to take over from acme-dns, give its configuration\s+\(--config \.\/config\.cfg\)/);
});

test('a new installation: the database is made, and the log goes to its file', { timeout: 60_000 }, async (t) => {
  const folder = tempFolder('acmedns');
  t.after(() => folder.remove());
  const ports = [await freePort(), await freePort()];
  const file = write(
    folder.path,
    '[logconfig]\nlogtype = "file"\nlogfile = "./acme-dns.log"\nlogformat = "json"',
    ports,
  );
  const log = join(folder.path, 'acme-dns.log');
  const server = startEvercert(['serve', '-c', file], { cwd: folder.path });
  t.after(() => server.kill('SIGKILL'));
  const api = `http://127.0.0.1:${ports[1]}`;
  const registered = await until(async () => await fetch(`${api}/register`, { method: 'POST' }));
  assert.equal(registered.status, 201);
  server.kill('SIGTERM');
  assert.equal((await server.ended).code, 0);
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
  for (const message of ['serving', 'challenge zone loaded', 'stopping'])
    assert.ok(messages.includes(message), message);
  for (const name of ['acme-dns.log', 'acme-dns.db'])
    assert.equal(statSync(join(folder.path, name)).mode & 0o777, 0o600);
});

/** The first answer. */
async function until(ask: () => Promise<Response>): Promise<Response> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries > 400) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
