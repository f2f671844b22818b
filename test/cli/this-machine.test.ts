import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { freePort } from '../peers/free-port.ts';
import { tempFolder } from '../peers/temp-folder.ts';
import { listing } from './listing.ts';
import { cannotBeNobody, evercert, NOBODY, startEvercert } from './run-evercert.ts';

const SERVING = /"message":"serving"/;

/** A configuration of `serve` in a folder of its own. */
function writeConfig(ports: { dns: number; api: number }): { folder: string; file: string; data: string } {
  const { path: folder } = tempFolder('machine');
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  const file = join(folder, 'c.toml');
  const zone = '[zone]\nname = "auth.example.net"\nrecords = ["auth.example.net. A 127.0.0.1"]';
  const listen = `[dns]\nlisten = ["127.0.0.1:${ports.dns}"]\n[api]\nlisten = ["127.0.0.1:${ports.api}"]`;
  writeFileSync(file, `data = "${data}"\n${zone}\n${listen}\n`);
  return { folder, file, data };
}

describe('a port that is taken', { concurrency: 2 }, () => {
  test('by evercert: it is named, and serve, issue and demo all say it', async () => {
    const [dns, api] = [await freePort(), await freePort()];
    const { file, data } = writeConfig({ dns, api });
    const holder = startEvercert(['serve', '--config', file]);
    try {
      await holder.waitFor(SERVING);
      const held = `evercert serve \\(process ${holder.pid}\\)`;
      const dnsTaken = `DNS cannot listen on 127.0.0.1:${dns} \\(udp\\): ${held} has that port; stop it, or use another port`;
      const second = await evercert(['serve', '--config', file, '--data', `${data}-2`]);
      assert.deepEqual([second.code, second.stdout], [5, '']);
      assert.match(second.stderr, new RegExp(`^evercert: ${dnsTaken}\n$`));
      const { path } = tempFolder('machine');
      const rows = [
        ['--dns-port', dns, dnsTaken],
        ['--http-port', api, `TCP 127.0.0.1:${api} is in use by ${held}; stop it, or choose another port`],
        ['--ca-port', api, `the rehearsal CA cannot listen on 127.0.0.1:${api}: `],
      ] as const;
      for (const [flag, port, message] of rows) {
        const demo = await evercert(['demo', '--once', flag, String(port)], { env: { TMPDIR: path } });
        assert.equal(demo.code, 5);
        assert.match(demo.stderr, new RegExp(`^evercert: ${message}[^\n]*\n$`));
        assert.deepEqual(listing(path), [], 'the demo leaves nothing');
      }
    } finally {
      holder.kill('SIGTERM');
    }
    assert.equal((await holder.ended).code, 0);
  });

  test('by another program', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { file } = writeConfig({ dns: await freePort(), api: port });
    const { code, stderr } = await evercert(['serve', '--config', file]);
    server.close();
    assert.equal(code, 5);
    assert.match(
      stderr,
      new RegExp(`evercert: TCP 127.0.0.1:${port} is in use by \\S+ \\(process ${process.pid}\\); stop it,`),
    );
  });
});

describe('what this user may not do', { skip: cannotBeNobody(), concurrency: 2 }, () => {
  const nobody = { uid: NOBODY };

  for (const [what, ports, message] of [
    [
      'DNS',
      { dns: 53, api: 0 },
      /^evercert: DNS may not listen on 127\.0\.0\.1:53 \(udp\): start it as root, or let it have/m,
    ],
    [
      'the API',
      { dns: 0, api: 80 },
      /^evercert: TCP 127\.0\.0\.1:80 may not be opened by this user; run as root, give/m,
    ],
  ] as const) {
    test(`a port of ${what} below 1024`, async () => {
      const { folder, file, data } = writeConfig(ports);
      mkdirSync(data);
      chownSync(data, NOBODY, NOBODY);
      const { code, stderr } = await evercert(['serve', '--config', file], { ...nobody, cwd: folder });
      assert.equal(code, 5, stderr);
      assert.match(stderr, message);
    });
  }

  test('write to the data folder', async () => {
    const { folder, file, data } = writeConfig({ dns: 0, api: 0 });
    mkdirSync(data);
    const { code, stderr } = await evercert(['serve', '--config', file], { ...nobody, cwd: folder });
    const why = 'this user may not write there; make the folder writable for this user, or name another';
    assert.deepEqual([code, stderr], [5, `evercert: ${data}/locks cannot be written: ${why}\n`]);
    assert.deepEqual(listing(data), []);
  });

  test('read a data folder of somebody else', async () => {
    const { folder, file, data } = writeConfig({ dns: 0, api: 0 });
    const { code: made } = await evercert(['status', '--config', file]);
    assert.equal(made, 0);
    mkdirSync(join(data, 'locks'), { recursive: true, mode: 0o700 });
    const { code, stderr } = await evercert(['serve', '--config', file], { ...nobody, cwd: folder });
    assert.equal(code, 5, stderr);
    assert.match(stderr, /^evercert: [^\n]*data[^\n]* cannot be (written|opened)[^\n]*\n$/);
  });

  test('keep its compile cache: it starts all the same', async () => {
    const { code, stdout } = await evercert(['--version'], nobody);
    assert.deepEqual([code, /^\d/.test(stdout)], [0, true]);
  });
});

describe('a data folder', { concurrency: 2 }, () => {
  test('that is a file, or lies below one', async () => {
    const { folder, file } = writeConfig({ dns: 0, api: 0 });
    for (const [data, why] of [
      [file, 'a file has that name'],
      [join(file, 'below'), 'a part of that path is a file'],
    ] as const) {
      const { code, stderr } = await evercert(['serve', '--config', file, '--data', data], { cwd: folder });
      assert.equal(code, 5);
      assert.match(stderr, new RegExp(`^evercert: \\S+ cannot be written: ${why}; make the folder [^\n]*\n$`));
    }
    assert.deepEqual(listing(folder), ['c.toml']);
  });

  test('with a database of a newer evercert: no command touches it', async () => {
    const { file, data } = writeConfig({ dns: 0, api: 0 });
    mkdirSync(data);
    const database = new DatabaseSync(join(data, 'evercert.db'));
    database.exec('PRAGMA user_version = 999');
    database.close();
    for (const command of [['serve'], ['status'], ['renew'], ['revoke', 'a.org']]) {
      const { code, stdout, stderr } = await evercert([...command, '--config', file]);
      assert.deepEqual([code, stdout], [5, '']);
      const text = `the database ${data}/evercert.db was written by a newer evercert; start that version`;
      assert.equal(stderr, `evercert: ${text}\n`);
    }
  });

  test('with a database that is none', async () => {
    const { file, data } = writeConfig({ dns: 0, api: 0 });
    mkdirSync(data);
    writeFileSync(
      join(data, 'evercert.db'),
      'this is no database, and longer than a header of one has to be. '.repeat(40),
    );
    const { code, stderr } = await evercert(['serve', '--config', file]);
    assert.equal(code, 5, stderr);
    assert.match(
      stderr,
      /^evercert: the database [^\n]*evercert\.db cannot be opened: it is no SQLite database; mend that, restore a backup[^\n]*\n$/,
    );
  });

  test('from which another evercert serves already', async () => {
    const { file, data } = writeConfig({ dns: 0, api: 0 });
    const first = startEvercert(['serve', '--config', file]);
    await first.waitFor(SERVING);
    const { code, stderr } = await evercert(['serve', '--config', file]);
    const text = `evercert: another evercert serves with the data folder ${data}; wait for it or stop it\n`;
    assert.deepEqual([code, stderr], [5, text]);
    first.kill('SIGKILL');
    await first.ended;
    const again = startEvercert(['serve', '--config', file]);
    await again.waitFor(SERVING);
    again.kill('SIGINT');
    assert.equal((await again.ended).code, 0, 'a killed one leaves no lock');
  });
});
