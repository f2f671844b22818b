import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { query } from '../../src/dns/query.ts';
import { evercert, startEvercert } from './run-evercert.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

let world: World;
let config: string;
before(async () => {
  world = await startWorld();
  config = world.writeConfig('backup', '[[certificate]]\nnames = ["example.org"]');
});
after(() => world.stop());

describe('backup and restore', () => {
  test('beside a running serve; what comes back has the same accounts, values, keys and certificates', async (t) => {
    const first = startEvercert(['serve', '--config', config], { timeout: 90_000 });
    await first.waitFor(/"message":"serving"/);
    const api = `http://127.0.0.1:${world.apiPort}`;
    const account = (await (await fetch(`${api}/register`, { method: 'POST' })).json()) as Record<string, string>;
    const update = (txt: string) =>
      fetch(`${api}/update`, {
        method: 'POST',
        headers: { 'X-Api-User': account['username'] ?? '', 'X-Api-Key': account['password'] ?? '' },
        body: JSON.stringify({ subdomain: account['subdomain'], txt }),
      });
    assert.equal((await update('a'.repeat(43))).status, 200);
    const status = await evercert(['status', '-o', 'json', '--config', config]);
    const { certificates } = JSON.parse(status.stdout) as {
      certificates: { delegations: { name: string; target: string }[] }[];
    };
    const { name = '', target = '' } = certificates[0]?.delegations[0] ?? {};
    await world.addCname(name, target);
    await first.waitFor(/certificate delivered/);

    const backup = join(world.folder, 'backups', 'one');
    const made = await evercert(['backup', backup, '--config', config]);
    assert.deepEqual([made.code, made.stdout, made.stderr], [0, `backed up to ${backup}\n`, '']);
    assert.equal(statSync(backup).mode & 0o777, 0o700);
    first.kill('SIGKILL');
    await first.ended;

    const data = world.dataFolder('backup');
    const fullchain = readFileSync(join(data, 'certificates/example.org/fullchain.pem'), 'utf8');
    rmSync(data, { recursive: true });
    const restored = await evercert(['restore', backup, '--config', config]);
    assert.equal(restored.code, 0, restored.stderr);
    assert.match(restored.stdout, /^restored to .*, as it was at 20\d\d-/);
    assert.equal(readFileSync(join(data, 'certificates/example.org/fullchain.pem'), 'utf8'), fullchain);
    assert.ok(lstatSync(join(data, 'certificates/example.org/current')).isSymbolicLink());
    assert.equal(statSync(join(data, 'certificates/example.org/privkey.pem')).mode & 0o777, 0o600);
    assert.equal(statSync(join(data, 'evercert.db')).mode & 0o777, 0o600);

    const orders = world.done('newOrder');
    const second = startEvercert(['serve', '--config', config], { timeout: 90_000 });
    await second.waitFor(/"message":"challenge zone loaded"/);
    await second.waitFor(/"message":"serving"/);
    const { answers } = await query({ name: account['fulldomain'] ?? '', type: 'TXT' }, world.dns, {
      signal: t.signal,
    });
    assert.equal(answers.length, 1);
    assert.equal((await update('b'.repeat(43))).status, 200);
    assert.equal(world.done('newOrder'), orders, 'nothing is issued anew');
    second.kill('SIGTERM');
    assert.equal((await second.ended).code, 0);
  });

  test('nothing is written over, and nothing half done is left', async () => {
    const full = join(world.folder, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'mine'), 'mine');
    const over = await evercert(['backup', full, '--config', config]);
    assert.equal(over.code, 2);
    assert.match(over.stderr, /is there already and is not empty/);
    assert.deepEqual(readdirSync(full), ['mine']);

    const none = await evercert(['backup', join(world.folder, 'new'), '--data', join(world.folder, 'nowhere')]);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /is no data folder of evercert/);
    assert.ok(!existsSync(join(world.folder, 'nowhere')));

    const into = await evercert(['restore', join(world.folder, 'backups', 'one'), '--config', config]);
    assert.equal(into.code, 2);
    assert.match(into.stderr, /is there already and is not empty/);

    const unfinished = await evercert(['restore', full, '--data', join(world.folder, 'other')]);
    assert.equal(unfinished.code, 2);
    assert.match(unfinished.stderr, /is no backup that "evercert backup" has finished/);
  });

  test('a backup whose database is damaged is refused', async () => {
    const backup = join(world.folder, 'backups', 'one');
    const file = join(backup, 'evercert.db');
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4096, 4096 + 512);
    writeFileSync(file, bytes);
    const target = join(world.folder, 'never');
    const { code, stderr } = await evercert(['restore', backup, '--data', target]);
    assert.equal(code, 2);
    assert.match(stderr, /the database in .* is damaged/);
    assert.ok(!existsSync(target));
  });
});
