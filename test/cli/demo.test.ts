import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { query } from '../../src/dns/query.ts';
import { tempFolder } from '../peers/temp-folder.ts';
import { listing } from './listing.ts';
import { evercert, jsonLines, program, startEvercert } from './run-evercert.ts';
import type { Line } from './run-evercert.ts';

const run = promisify(execFile);
const { signal } = new AbortController();
const hasDig = existsSync('/usr/bin/dig');

function newFolder(): string {
  return tempFolder('demo').path;
}

/** What was told under this label: where something listens. */
function toldBy(events: readonly Line[], label: string): string {
  const found = events.find((event) => event['event'] === 'demo' && event['label'] === label);
  assert.ok(found, `nothing was told of ${label}`);
  return String(found['text']);
}

function portIn(text: string): number {
  return Number(/127\.0\.0\.1:(\d+)/.exec(text)?.[1]);
}

/** Every file is 0600 and every folder 0700; links count as what they lead to. */
function assertPrivate(folder: string): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const stat = statSync(join(folder, path));
    assert.equal(stat.mode & 0o777, stat.isDirectory() ? 0o700 : 0o600, path);
  }
}

describe('demo --once', { concurrency: 2 }, () => {
  test('in 80 columns, from another folder and through a link: the steps in their order, with times', async () => {
    const folder = newFolder();
    const link = join(folder, 'evercert-link');
    symlinkSync(program, link);
    const { code, stdout, stderr } = await evercert(['demo', '--once', '--out', 'out'], { cwd: folder, program: link });
    assert.deepEqual([code, stderr], [0, '']);
    const lines = stdout.trimEnd().split('\n');
    for (const line of lines) assert.ok(line.length <= 80, `${line.length} columns: ${line}`);
    const steps = lines.flatMap((line) => /^ *\d+\.\d\d s {2}(.{15})/.exec(line)?.[1]?.trim() ?? []);
    const order = [
      'DNS server',
      'HTTP API',
      'CA',
      'registered',
      'CNAME needed',
      'CNAME added',
      'CNAME seen',
      'account',
    ];
    const rest = ['order', 'TXT served', 'validated', 'finalized', 'issued', 'files', 'next renewal', 'verified'];
    assert.deepEqual(
      steps.filter((step) => !['CA told', 'CA asked', 'TXT removed'].includes(step)),
      [...order, ...rest],
    );
    assert.ok(steps.includes('CA asked') && steps.includes('CA told'));
    assert.equal(steps.at(-1), 'verified');
    assertPrivate(join(folder, 'out'));
  });

  test('in json: every line is one event; the files are what openssl takes for a certificate of both names', async () => {
    const folder = newFolder();
    const args = ['demo', '--once', '-o', 'json', '--domain', 'Shop.Example.COM', '--out', folder];
    const { code, stdout, stderr } = await evercert(args);
    assert.deepEqual([code, stderr], [0, '']);
    const events = jsonLines(stdout);
    const times = events.map((event) => Date.parse(String(event['time'])));
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
      'in the order of their times',
    );
    const kinds = events.map((event) => event['event']);
    const milestones = ['delegation.needed', 'delegation.seen', 'order.created', 'challenge.presented'];
    milestones.push('challenge.accepted', 'authorization.valid', 'order.finalized', 'certificate.issued');
    milestones.push('certificate.delivered', 'renewal.planned');
    const positions = milestones.map((kind) => kinds.indexOf(kind));
    assert.ok(
      positions.every((at) => at >= 0),
      String(positions),
    );
    assert.deepEqual(
      positions,
      positions.toSorted((one, other) => one - other),
    );
    assert.deepEqual(events.find((event) => event['event'] === 'order.created')?.['names'], [
      'shop.example.com',
      '*.shop.example.com',
    ]);

    const files = join(folder, 'shop.example.com');
    const chain = ['-untrusted', join(files, 'chain.pem'), join(files, 'cert.pem')];
    const verified = await run('openssl', ['verify', '-CAfile', join(folder, 'ca-root.pem'), ...chain]);
    assert.match(verified.stdout, /: OK\n$/);
    const { stdout: names } = await run('openssl', [
      'x509',
      '-noout',
      '-ext',
      'subjectAltName',
      '-in',
      join(files, 'cert.pem'),
    ]);
    assert.match(names, /DNS:shop\.example\.com, DNS:\*\.shop\.example\.com|DNS:\*\.shop.*, DNS:shop/);
    const key = await run('openssl', ['pkey', '-in', join(files, 'privkey.pem'), '-pubout']);
    const certificate = await run('openssl', ['x509', '-noout', '-pubkey', '-in', join(files, 'cert.pem')]);
    assert.equal(key.stdout, certificate.stdout);
    assertPrivate(folder);
  });

  test('a second time in the same folder: another certificate, with the CNAME of before', async () => {
    const folder = newFolder();
    const targets: unknown[] = [];
    for (let time = 0; time < 2; time += 1) {
      const { code, stdout } = await evercert(['demo', '--once', '-o', 'json', '--out', folder]);
      assert.equal(code, 0);
      targets.push(jsonLines(stdout).find((event) => event['event'] === 'delegation.needed')?.['target']);
    }
    assert.equal(targets[0], targets[1]);
    assert.equal(readdirSync(join(folder, 'example.org', 'versions')).length, 2);
  });

  test('with a CA that cannot be reached, or is none: one sentence, and nothing is left', async () => {
    const TMPDIR = newFolder();
    const { code, stderr } = await evercert(['demo', '--once', '--ca', 'https://127.0.0.1:1/dir'], { env: { TMPDIR } });
    assert.equal(code, 4);
    const text =
      "the CA at 127.0.0.1:1 cannot be reached: nothing listens there; check the directory URL and this machine's";
    assert.equal(stderr, `evercert: ${text} network\n`);
    assert.deepEqual(listing(TMPDIR), []);
  });

  test('with a folder that cannot be', async () => {
    const { code, stderr } = await evercert(['demo', '--once', '--out', '/dev/null/x']);
    assert.equal(code, 5);
    assert.match(stderr, /^evercert: \/dev\/null\/x cannot be written: a part of that path is a file; [^\n]*\n$/);
  });
});

describe('demo', { concurrency: 2 }, () => {
  test('stays up, answers dig and curl, and renews by itself', async () => {
    const TMPDIR = newFolder();
    const demo = startEvercert(['demo', '--lifetime', '6s', '-o', 'json'], { env: { TMPDIR }, timeout: 30_000 });
    await demo.waitFor(/"label":"try it"/);
    const port = portIn(toldBy(demo.events(), 'DNS server'));
    const server = { address: '127.0.0.1', port };
    const needed = await demo.waitForEvent('delegation.needed');
    const name = '_acme-challenge.example.org';
    const { answers } = await query({ name, type: 'CNAME' }, server, { signal });
    assert.deepEqual(
      answers.map((record) => record.type === 'CNAME' && record.target),
      [needed['target']],
    );
    if (hasDig) {
      const { stdout } = await run('dig', ['@127.0.0.1', '-p', String(port), '+short', 'CNAME', name]);
      assert.equal(stdout, `${String(needed['target'])}.\n`);
    }
    const [api = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(toldBy(demo.events(), 'HTTP API')) ?? [];
    const registered = await fetch(`${api}/register`, { method: 'POST', signal });
    assert.equal(registered.status, 201);
    const { fulldomain } = (await registered.json()) as { fulldomain: string };
    assert.match(fulldomain, /\.auth\.example\.net$/);
    const first = await demo.waitForEvent('certificate.issued');
    const second = await demo.waitForEvent('certificate.issued', { skip: 1 });
    assert.notEqual(second['serial'], first['serial']);
    assert.ok(Number(second['notBefore']) < Number(first['notAfter']), 'renewed before it ended');
    await demo.waitForEvent('renewal.planned', { skip: 1 });
    demo.kill('SIGINT');
    const ended = await demo.ended;
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    assert.ok(jsonLines(ended.stdout).every((line) => line['event'] !== 'issuance.failed'));
    const [folder = ''] = readdirSync(TMPDIR);
    mkdirSync(join(TMPDIR, folder, 'still-there'));
    assert.ok(existsSync(join(TMPDIR, folder, 'example.org', 'cert.pem')), 'the files stay');
  });

  test('says what to try, on lines of their own', async () => {
    const demo = startEvercert(['demo'], { env: { TMPDIR: newFolder() } });
    await demo.waitFor(/Ctrl-C ends it\n/);
    demo.kill('SIGTERM');
    const { code, stdout } = await demo.ended;
    assert.equal(code, 0);
    for (const command of ['dig @127.0.0.1 -p ', 'curl -X POST http://127.0.0.1:', 'openssl x509 -noout -text -in /']) {
      assert.ok(stdout.includes(`\n    ${command}`), command);
    }
  });
});
