import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { listing } from './listing.ts';
import { evercert, jsonLines, startEvercert } from './run-evercert.ts';
import type { Run } from './run-evercert.ts';
import { until } from './until.ts';
import { CHALLENGE_ZONE, startWorld } from './world.ts';
import type { World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());
beforeEach(() => world.removeCnames());

const RECORD = /(_acme-challenge\.[\w.-]+)\. {2}CNAME {2}([0-9a-f-]{36}\.auth\.example\.net)\./;

/** Name and target of the record that a message asks for. */
function recordIn(text: string): [name: string, target: string] {
  const [, name, target] = RECORD.exec(text) ?? [];
  assert.ok(name !== undefined && target !== undefined, `no record in: ${text}`);
  return [name, target];
}

/** Makes the CNAME that a first try asks for. */
async function delegate(config: string, name: string): Promise<void> {
  const { stderr } = await evercert(['issue', name, '--config', config, '--no-wait']);
  await world.addCname(...recordIn(stderr));
}

function assertEnded({ code, stderr }: Run, expected: number): void {
  assert.equal(code, expected, stderr);
}

describe('the CA', () => {
  test('that is no ACME CA, or is not trusted: a sentence, and nothing is made', async () => {
    const web = createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end('<h1>It works!</h1>'),
    );
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as { port: number };
    const trust = join(world.folder, 'other-root.pem');
    writeFileSync(trust, world.ca.issuingRootPem);
    const rows = [
      [
        `http://127.0.0.1:${port}/dir`,
        world.caRootFile,
        /is not the directory of an ACME CA: it answers with text\/html/,
      ],
      [`https://127.0.0.1:${port}/dir`, world.caRootFile, /does not speak TLS; give the https:\/\/ directory URL/],
      [
        'https://127.0.0.1:1/dir',
        world.caRootFile,
        /the CA at 127\.0\.0\.1:1 cannot be reached: nothing listens there/,
      ],
      [world.ca.directoryUrl, trust, /is not trusted: .*; the roots given for it \(--ca-root\) do not vouch for it/],
      [`${world.ca.directoryUrl}/none`, world.caRootFile, /is not the directory of an ACME CA: it answers HTTP 404/],
    ] as const;
    for (const [server, root, message] of rows) {
      const config = world.writeConfig('no-ca');
      const run = await evercert(['issue', 'example.org', '--config', config, '--server', server, '--ca-root', root]);
      assertEnded(run, 4);
      assert.match(run.stderr, /^evercert: [^\n]+\n$/);
      assert.match(run.stderr, message);
      assert.deepEqual(listing(world.dataFolder('no-ca')), []);
    }
    web.close();
  });
});

describe('issue', () => {
  test('without the CNAME and --no-wait: exit code 3, the record, and no order', async () => {
    const config = world.writeConfig('no-wait');
    const ordered = [world.done('newAccount'), world.done('newOrder')];
    const args = ['issue', 'example.org', '*.example.org', '--config', config, '--no-wait'];
    const first = await evercert(args);
    assertEnded(first, 3);
    assert.match(first.stderr, /^evercert: [^\n]+; add at your DNS provider: [^\n]+\n$/);
    const [name, target] = recordIn(first.stderr);
    assert.equal(name, '_acme-challenge.example.org');
    assert.ok(target.endsWith(`.${CHALLENGE_ZONE}`));
    assert.doesNotMatch(first.stdout, /failed|CNAME needed/, 'it is said once');
    const second = await evercert([...args, '-o', 'json']);
    assertEnded(second, 3);
    assert.deepEqual(recordIn(second.stderr), [name, target], 'the same record each time');
    const events = jsonLines(second.stdout).map((line) => line['event']);
    assert.deepEqual(events, ['delegation.registered', 'delegation.needed', 'issuance.failed', 'failed']);
    assert.deepEqual([world.done('newAccount'), world.done('newOrder')], ordered);
    const status = await evercert(['status', '--config', config]);
    assert.match(status.stdout, /^No certificate is wanted yet/, 'what could not be begun is not remembered');
  });

  test('goes on by itself when the CNAME appears; then it is good; --force makes another', async () => {
    const config = world.writeConfig('issue');
    const running = startEvercert(['issue', 'example.org', '*.example.org', '--config', config, '-o', 'json']);
    const needed = await running.waitForEvent('delegation.needed');
    assert.equal(world.done('newOrder'), 0);
    await world.addCname(String(needed['name']), String(needed['target']));
    const run = await running.ended;
    assertEnded(run, 0);
    assert.equal(run.stderr, '');
    const events = jsonLines(run.stdout).map((line) => String(line['event']));
    assert.deepEqual(
      events.filter((event) => event !== 'challenge.asked' && event !== 'authorization.valid'),
      [
        'delegation.registered',
        'delegation.needed',
        'delegation.seen',
        'account.registered',
        'order.created',
        'challenge.presented',
        'challenge.accepted',
        'order.finalized',
        'certificate.issued',
        'certificate.delivered',
        'challenge.removed',
        'renewal.planned',
      ],
    );
    const folder = join(world.dataFolder('issue'), 'certificates', 'example.org');
    for (const file of ['privkey.pem', 'fullchain.pem', 'cert.pem', 'chain.pem', 'combined.pem']) {
      assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file);
    }
    assert.equal(statSync(world.dataFolder('issue')).mode & 0o777, 0o700);

    const again = await evercert(['issue', 'example.org', '*.example.org', '--config', config]);
    assertEnded(again, 0);
    assert.match(again.stdout, /^the certificate is good; next renewal in \d+ d; --force issues all the same\n$/);
    assert.equal(world.done('newOrder'), 1);
    const key = readFileSync(join(folder, 'privkey.pem'), 'utf8');
    assertEnded(await evercert(['issue', 'example.org', '*.example.org', '--config', config, '--force']), 0);
    assert.equal(world.done('newOrder'), 2);
    assert.notEqual(readFileSync(join(folder, 'privkey.pem'), 'utf8'), key);

    const status = await evercert(['status', '--config', config, '-o', 'json']);
    const [one, ...more] = (JSON.parse(status.stdout) as { certificates: Record<string, unknown>[] }).certificates;
    assert.deepEqual([one?.['state'], one?.['failures'], more], ['current', 0, []]);
  });

  test('other names than the configuration has: the files that servers use stay as they are', async () => {
    const config = world.writeConfig('names', '[[certificate]]\nnames = ["example.org", "*.example.org"]');
    const spent = world.ca.requests.length;
    for (const names of [['example.org'], ['example.org', '*.example.org', 'www.example.org']]) {
      const run = await evercert(['issue', ...names, '--config', config]);
      assertEnded(run, 2);
      const text =
        'evercert: the configuration has the certificate example.org with other names (example.org, *.example.org), and this one would take its place; change its names in the configuration, or ask for all of them\n';
      assert.deepEqual([run.stdout, run.stderr], ['', text]);
    }
    assert.equal(world.ca.requests.length, spent);
    assert.ok(!existsSync(world.dataFolder('names')), 'nothing is made');
    const same = await evercert(['issue', 'example.org', '*.example.org', '--config', config, '--no-wait']);
    assertEnded(same, 3);
  });

  test('what flags said is remembered for renew, from whatever folder each is run', async () => {
    const config = world.writeConfig('flags');
    await delegate(config, 'example.org');
    const flags = ['--out', 'files', '--ca-root', 'ca-root.pem', '--key-type', 'RSA-2048'];
    const first = await evercert(['issue', 'example.org', '--config', config, ...flags], { cwd: world.folder });
    assertEnded(first, 0);
    const file = join(world.folder, 'files', 'cert.pem');
    const old = readFileSync(file, 'utf8');
    const renewed = await evercert(['renew', '--force', '--config', config], { cwd: '/' });
    assertEnded(renewed, 0);
    assert.match(renewed.stdout, /\nexample\.org: renewed: it was asked for\n$/);
    assert.notEqual(readFileSync(file, 'utf8'), old);
  });

  test('a CA that refuses for good: exit code 1, for renew each time; by hand it is tried again', async () => {
    const config = world.writeConfig('refused', '[[certificate]]\nnames = ["other.org"]');
    await delegate(config, 'other.org');
    const detail = 'the owner of other.org does not want it';
    const problem = { type: 'rejectedIdentifier', detail, status: 403 } as const;
    const stopRefusing = world.ca.inject({ on: 'newOrder', kind: 'problem', problem, times: 2 });
    for (const command of [['issue', 'other.org'], ['renew'], ['renew', 'other.org']]) {
      const run = await evercert([...command, '--config', config]);
      assertEnded(run, 1);
      assert.match(run.stderr, new RegExp(`^evercert: [^\n]*${detail}[^\n]*\n$`));
    }
    const refused = world.ca.requests.filter(({ kind, status }) => kind === 'newOrder' && status === 403);
    assert.equal(refused.length, 1, 'renew does not ask the CA in vain');
    stopRefusing();
    assertEnded(await evercert(['issue', 'other.org', '--config', config]), 0);
  });

  test('a CA that fails: exit code 4, and it is not tried in haste', async () => {
    const config = world.writeConfig('failing');
    await delegate(config, 'third.org');
    const problem = { type: 'rateLimited', detail: 'too many certificates', status: 429 } as const;
    world.ca.inject({ on: 'newOrder', kind: 'problem', problem, headers: { 'retry-after': '3600' } });
    const args = ['issue', 'third.org', '--config', config];
    const first = await evercert(args);
    assertEnded(first, 4);
    assert.match(first.stderr, /^evercert: [^\n]*too many certificates[^\n]*\n$/);
    const orders = world.done('newOrder');
    const second = await evercert(args);
    assertEnded(second, 4);
    assert.match(second.stderr, /^evercert: it failed before: [^\n]*too many certificates[^\n]*; next try in 60 min/);
    assert.equal(world.done('newOrder'), orders, 'the CA was not asked again');
    assertEnded(await evercert([...args, '--force']), 0);
  });

  test('with an account file that was damaged: a sentence with the file, and nothing is overwritten', async () => {
    const config = world.writeConfig('account');
    await delegate(config, 'example.org');
    assertEnded(await evercert(['issue', 'example.org', '--config', config]), 0);
    const accounts = join(world.dataFolder('account'), 'accounts');
    const [file = ''] = readdirSync(accounts);
    writeFileSync(join(accounts, file), '{"privateKey": 7');
    const run = await evercert(['issue', 'example.org', '--config', config, '--force']);
    assertEnded(run, 5);
    assert.match(
      run.stderr,
      new RegExp(`^evercert: \\S*${file} is not an account file of evercert; put the file back`),
    );
    assert.equal(readFileSync(join(accounts, file), 'utf8'), '{"privateKey": 7');
  });

  test('two at once: of one name the second says who is at it; of different names both work', async () => {
    const config = world.writeConfig('two');
    const waiting = startEvercert(['issue', 'example.org', '--config', config, '-o', 'json']);
    const needed = await waiting.waitForEvent('delegation.needed');
    const same = await evercert(['issue', 'example.org', '--config', config]);
    assertEnded(same, 5);
    const text = 'another evercert is at work on the certificate example.org; wait until it has ended';
    assert.equal(same.stderr, `evercert: ${text}\n`);
    const other = startEvercert(['issue', 'other.org', '--config', config, '-o', 'json']);
    const alsoNeeded = await other.waitForEvent('delegation.needed');
    await world.addCname(String(alsoNeeded['name']), String(alsoNeeded['target']));
    assertEnded(await other.ended, 0);
    await world.addCname(String(needed['name']), String(needed['target']));
    assertEnded(await waiting.ended, 0);
  });

  test('two at once, and the one that serves DNS ends first: the other takes over', async () => {
    const config = world.writeConfig('takeover');
    const first = startEvercert(['issue', 'example.org', '--config', config, '-o', 'json']);
    const needed = await first.waitForEvent('delegation.needed');
    const second = startEvercert(['issue', 'other.org', '--config', config, '-o', 'json']);
    const alsoNeeded = await second.waitForEvent('delegation.needed');
    await world.addCname(String(needed['name']), String(needed['target']));
    assertEnded(await first.ended, 0);
    await world.addCname(String(alsoNeeded['name']), String(alsoNeeded['target']));
    assertEnded(await second.ended, 0);
  });

  test('killed in the middle: renew brings the same order to its end', async () => {
    const config = world.writeConfig('killed');
    await delegate(config, 'example.org');
    const [orders, certificates] = [world.done('newOrder'), world.done('certificate')];
    const running = startEvercert(['issue', 'example.org', '--config', config, '-o', 'json']);
    await running.waitForEvent('challenge.presented');
    running.kill('SIGKILL');
    assert.equal((await running.ended).code, 'SIGKILL');
    const renewed = await evercert(['renew', '--config', config, '-o', 'json']);
    assertEnded(renewed, 0);
    assert.ok(jsonLines(renewed.stdout).some((line) => line['event'] === 'order.resumed'));
    assert.deepEqual([world.done('newOrder'), world.done('certificate')], [orders + 1, certificates + 1]);
  });

  test('revoke: the CA is told, and it is not renewed any more', async () => {
    const config = world.writeConfig('revoke');
    await delegate(config, 'example.org');
    assertEnded(await evercert(['issue', 'example.org', '--config', config]), 0);
    const revoked = await evercert(['revoke', 'example.org', '--reason', 'superseded', '--config', config]);
    assertEnded(revoked, 0);
    assert.match(revoked.stdout, /^revoked: serial [0-9a-f]+\n$/);
    await until('the CA has it', () => world.done('revokeCert') === 1);
    const status = await evercert(['status', '--config', config]);
    assert.match(status.stdout, /^No certificate is wanted yet/);
  });
});
