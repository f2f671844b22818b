import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { query } from '../../src/dns/query.ts';
import { evercert, startEvercert } from './run-evercert.ts';
import type { Run, RunningEvercert } from './run-evercert.ts';
import { until } from './until.ts';
import { CHALLENGE_ZONE, startWorld } from './world.ts';
import type { World } from './world.ts';

interface Registration {
  readonly username: string;
  readonly password: string;
  readonly fulldomain: string;
  readonly subdomain: string;
  readonly allowfrom: readonly string[];
}

const TXT = 'a'.repeat(43);

let world: World;
let serving: RunningEvercert;
let config: string;
before(async () => {
  world = await startWorld();
  config = world.writeConfig('accounts');
  serving = startEvercert(['serve', '--config', config], { timeout: 60_000 });
  await serving.waitFor(/"message":"serving"/);
});
after(async () => {
  serving.kill('SIGTERM');
  await serving.ended;
  await world.stop();
});

const accounts = (...args: string[]): Promise<Run> => evercert(['accounts', ...args, '--config', config]);

async function made(...args: string[]): Promise<Registration> {
  const { code, stdout, stderr } = await accounts(...args);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Registration;
}

async function update({ username, subdomain }: Registration, password: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${world.apiPort}/update`, {
    method: 'POST',
    headers: { 'X-Api-User': username, 'X-Api-Key': password },
    body: JSON.stringify({ subdomain, txt: TXT }),
  });
  await response.arrayBuffer();
  return response.status;
}

describe('accounts, while serve runs', () => {
  test('add: the account works at once, and its name is served', async (t) => {
    const account = await made('add', '--allow-from', '127.0.0.0/8', '--allow-from', '::1/128');
    assert.deepEqual(account.allowfrom, ['127.0.0.0/8', '::1/128']);
    assert.equal(account.fulldomain, `${account.subdomain}.${CHALLENGE_ZONE}`);
    assert.equal(await update(account, account.password), 200);
    const { answers } = await query({ name: account.fulldomain, type: 'TXT' }, world.dns, { signal: t.signal });
    assert.equal(answers.length, 1);
  });

  test('add and allow: what is no network is wrong usage', async () => {
    for (const args of [['add'], ['allow', (await made('add')).username]]) {
      const { code, stdout, stderr } = await accounts(...args, '--allow-from', '192.0.2.1');
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(
        stderr,
        /^evercert: "192\.0\.2\.1" is not a network; write .*, or 192\.0\.2\.7\/32 for one address\n$/,
      );
    }
  });

  test('rotate: the new password opens it, the old one no more', async () => {
    const account = await made('add');
    const rotated = await made('rotate', account.fulldomain);
    assert.deepEqual({ ...rotated, password: '' }, { ...account, password: '' });
    assert.equal(await update(account, account.password), 401);
    assert.equal(await update(account, rotated.password), 200);
  });

  test('allow: from another network it is refused', async () => {
    const account = await made('add');
    const { code, stdout } = await accounts('allow', account.username, '--allow-from', '192.0.2.0/24');
    assert.equal(code, 0);
    assert.match(stdout, /allowed from 192\.0\.2\.0\/24/);
    assert.equal(await update(account, account.password), 401);
    await accounts('allow', account.subdomain);
    assert.equal(await update(account, account.password), 200);
  });

  test('list and show: what is known, and no secret', async () => {
    const account = await made('add');
    await update(account, account.password);
    const listed = await accounts('list', '-o', 'json');
    const lines = listed.stdout.trim().split('\n');
    const line = lines.map((text) => JSON.parse(text) as Record<string, unknown>);
    const mine = line.find(({ username }) => username === account.username);
    assert.equal(mine?.['fulldomain'], account.fulldomain);
    assert.equal(typeof mine?.['lastUpdateAt'], 'number');
    const shown = await accounts('show', account.username.toUpperCase());
    assert.match(shown.stdout, new RegExp(`^${account.fulldomain}\n`));
    for (const { stdout, stderr } of [listed, shown]) assert.ok(!`${stdout}${stderr}`.includes(account.password));
  });

  test('delete: it opens no more, and its name is gone', async (t) => {
    const account = await made('add');
    assert.equal(await update(account, account.password), 200);
    const { code, stdout } = await accounts('delete', account.fulldomain);
    assert.deepEqual([code, stdout.split('\n')[0]], [0, `deleted: ${account.fulldomain}`]);
    assert.equal(await update(account, account.password), 401);
    await until('the name is gone', async () => {
      const reply = await query({ name: account.fulldomain, type: 'TXT' }, world.dns, { signal: t.signal });
      return reply.rcode === 'NXDOMAIN';
    });
  });

  for (const args of [
    ['show', 'nobody'],
    ['delete', 'nobody'],
    ['rotate', 'nobody'],
    ['allow', 'nobody'],
  ]) {
    test(`${args.join(' ')}: there is none, and what to do`, async () => {
      const { code, stderr } = await accounts(...args);
      assert.equal(code, 2);
      assert.match(stderr, /^evercert: there is no account "nobody"; give its username.*accounts list.*\n$/);
    });
  }

  test('a network that is none', async () => {
    const { code, stderr } = await accounts('add', '--allow-from', '192.0.2.1');
    assert.notEqual(code, 0);
    assert.match(stderr, /"192\.0\.2\.1" is not a network/);
  });

  test('without a zone', async () => {
    const { code, stderr } = await evercert(['accounts', 'list', '--data', world.dataFolder('none')]);
    assert.equal(code, 2);
    assert.match(stderr, /accounts belong to a challenge zone/);
  });
});

describe('accounts, with a log file', () => {
  test('each change is a line there, with who made it, and nothing secret', async () => {
    const file = join(world.folder, 'accounts.log');
    const logged = ['--config', world.writeConfig('logged', `[log]\nfile = "${file}"`)];
    const run = (...args: string[]) => evercert(['accounts', ...args, ...logged], { env: { SUDO_USER: 'alice' } });
    const account = JSON.parse((await run('add')).stdout) as Registration;
    const { username, subdomain } = account;
    const rotated = JSON.parse((await run('rotate', username)).stdout) as Registration;
    await run('allow', username, '--allow-from', '192.0.2.0/24');
    await run('show', username);
    assert.equal((await run('delete', 'nobody')).code, 2);
    await run('delete', subdomain);
    const text = readFileSync(file, 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const rows: [message: string, operation: string][] = [
      ['account registered', 'register'],
      ['key replaced', 'rotate'],
      ['allow list changed', 'change'],
      ['account removed', 'deregister'],
    ];
    assert.deepEqual(
      lines.map((line) => ({ ...line, time: undefined })),
      rows.map(([message, operation]) => ({
        level: 'info',
        message,
        operation,
        by: 'alice',
        username,
        subdomain,
        time: undefined,
      })),
    );
    for (const { password } of [account, rotated]) assert.ok(!text.includes(password));
  });

  test('one that cannot be written: nothing is changed', async () => {
    const file = join(world.folder, 'nowhere', 'accounts.log');
    const logged = ['--config', world.writeConfig('unlogged', `[log]\nfile = "${file}"`)];
    const { code, stdout, stderr } = await evercert(['accounts', 'add', ...logged]);
    assert.notEqual(code, 0);
    assert.equal(stdout, '');
    assert.match(stderr, /the log file .*accounts\.log cannot be written/);
    assert.equal((await evercert(['accounts', 'list', ...logged])).stdout, 'there are no accounts\n');
  });
});
