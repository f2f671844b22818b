import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { query } from '../../src/dns/query.ts';
import { evercert, jsonLines, startEvercert } from './run-evercert.ts';
import type { RunningEvercert } from './run-evercert.ts';
import { until } from './until.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

const { signal } = new AbortController();
const NAMES = '[[certificate]]\nnames = ["example.org", "*.example.org"]';
const NAME = '_acme-challenge.example.org';

interface Status {
  readonly certificates: readonly {
    readonly id: string;
    readonly state: string;
    readonly message: string;
    readonly serial?: string;
    readonly delegations: readonly { readonly name: string; readonly target: string }[];
  }[];
}

let world: World;
let serving: RunningEvercert | undefined;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());
beforeEach(() => world.removeCnames());
afterEach(async () => {
  serving?.kill('SIGKILL');
  await serving?.ended;
});

async function serve(config: string): Promise<RunningEvercert> {
  serving = startEvercert(['serve', '--config', config], { timeout: 60_000 });
  await serving.waitFor(/"message":"serving"/);
  return serving;
}

async function status(config: string): Promise<Status> {
  const { code, stdout, stderr } = await evercert(['status', '-o', 'json', '--config', config]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Status;
}

async function end(running: RunningEvercert): Promise<void> {
  running.kill('SIGTERM');
  const { code } = await running.ended;
  assert.equal(code, 0);
  assert.ok(
    running.events().every((line) => line['level'] !== 'error'),
    running.stderr(),
  );
}

describe('serve', () => {
  test('a certificate of the configuration: the CNAME is asked for, added, and all goes on by itself', async () => {
    const hookFile = join(world.folder, 'hook');
    const hook = `after = 'echo "$EVERCERT_CERTIFICATE|$EVERCERT_NAMES|$EVERCERT_FOLDER" >> ${hookFile}'`;
    const config = world.writeConfig('serve', `${NAMES}\n${hook}`);
    const early = await status(config);
    const [planned] = early.certificates;
    const [wanted] = planned?.delegations ?? [];
    assert.equal(wanted?.name, NAME, 'the record is known before anything is started');

    const running = await serve(config);
    const needed = await running.waitForEvent('delegation.needed');
    assert.deepEqual([needed['name'], needed['target']], [NAME, wanted.target]);
    assert.match(String(needed['reason']), /has no CNAME in the zone example\.org/);
    const text = await evercert(['status', '--config', config]);
    assert.match(text.stdout, /^example\.org\n {2}names {4}example\.org \*\.example\.org\n {2}state /);
    assert.ok(text.stdout.includes(`  CNAME    ${NAME}.\n           -> ${wanted.target}.\n`), text.stdout);
    for (const line of text.stdout.split('\n')) assert.ok(line.length <= 80, line);

    await world.addCname(NAME, wanted.target);
    const start = performance.now();
    await running.waitForEvent('certificate.delivered');
    assert.ok(performance.now() - start < 5000, 'within seconds');
    const folder = join(world.dataFolder('serve'), 'certificates', 'example.org');
    assert.equal(readFileSync(hookFile, 'utf8'), `example.org|example.org *.example.org|${folder}\n`);
    const [one] = (await status(config)).certificates;
    assert.equal(one?.state, 'current');

    const soa = await query({ name: 'auth.example.net', type: 'SOA' }, world.dns, { signal });
    assert.equal(soa.authoritative, true);
    const registered = await fetch(`http://127.0.0.1:${world.apiPort}/register`, { method: 'POST', signal });
    assert.equal(registered.status, 201);

    const renewed = await evercert(['renew', '--config', config]);
    assert.match(renewed.stdout, /^example\.org: the certificate is good; next renewal in \d+ d\n$/);
    const inJson = await evercert(['renew', '--config', config, '-o', 'json']);
    const [current = {}, ...rest] = jsonLines(inJson.stdout);
    assert.deepEqual([current['event'], current['certificate'], rest], ['certificate.current', 'example.org', []]);
    const forced = await evercert(['renew', '--force', 'example.org', '--config', config, '-o', 'json']);
    assert.equal(forced.code, 0, forced.stderr);
    const serial = jsonLines(forced.stdout).find((line) => line['event'] === 'certificate.issued')?.['serial'];
    const [now] = (await status(config)).certificates;
    assert.deepEqual([now?.serial, now?.serial === one.serial], [serial, false]);
    assert.equal(readFileSync(hookFile, 'utf8').split('\n').length, 3, 'the command ran again');

    const revoked = await evercert(['revoke', '*.example.org', '--config', config]);
    assert.deepEqual([revoked.code, revoked.stdout], [0, `revoked: serial ${String(serial)}\n`]);
    await end(running);
  });

  test('issue beside it: serve answers for it, and keeps it current afterwards', async () => {
    const brief = await startWorld({ certificateLifetime: 5000 });
    try {
      const config = brief.writeConfig('beside');
      const running = await serve(config);
      const args = ['issue', 'other.org', '*.other.org', '--config', config, '-o', 'json'];
      const issuing = startEvercert(args);
      const { name, target } = await issuing.waitForEvent('delegation.needed');
      await brief.addCname(String(name), String(target));
      const first = await issuing.waitForEvent('certificate.issued');
      const ended = await issuing.ended;
      assert.equal(ended.code, 0, ended.stderr);
      const second = await running.waitForEvent('certificate.issued', { certificate: 'other.org' });
      assert.notEqual(second['serial'], first['serial']);
      await running.waitForEvent('certificate.delivered', { certificate: 'other.org' });
      const third = await running.waitForEvent('certificate.issued', { certificate: 'other.org', skip: 1 });
      assert.notEqual(third['serial'], second['serial']);
      await end(running);
    } finally {
      await brief.stop();
    }
  });

  test('without its CA it serves on and says it once; when the CA is back, issue goes on by hand', async () => {
    const config = world.writeConfig('away', '[[certificate]]\nnames = ["third.org"]');
    const [one] = (await status(config)).certificates;
    const [cname] = one?.delegations ?? [];
    assert.ok(cname);
    await world.addCname(cname.name, cname.target);
    const heal = world.ca.inject({ on: 'directory', kind: 'reset', when: 'before', times: 1000 });
    const running = await serve(config);
    const failed = await running.waitForEvent('issuance.failed');
    assert.equal(failed['code'], 'acme-unreachable');
    const reply = await query({ name: 'auth.example.net', type: 'A' }, world.dns, { signal });
    assert.equal(reply.answers.length, 1);
    const again = await evercert(['issue', 'third.org', '--config', config]);
    assert.equal(again.code, 4, 'by hand it is the same');
    const [waiting] = (await status(config)).certificates;
    assert.equal(waiting?.state, 'wait');
    assert.match(waiting.message, /cannot be reached.*; next try in \d+/);
    heal();
    const forced = await evercert(['issue', 'third.org', '--config', config, '--force']);
    assert.equal(forced.code, 0, forced.stderr);
    const faults = running.events().filter((line) => line['level'] === 'error');
    assert.equal(faults.length, 1, running.stderr());
  });

  test('killed in the middle of an order: the next one brings it to its end, and no answer is left in DNS', async () => {
    const config = world.writeConfig('killed', NAMES);
    const [cname] = (await status(config)).certificates[0]?.delegations ?? [];
    assert.ok(cname);
    await world.addCname(cname.name, cname.target);
    const heal = world.ca.inject({ on: 'finalize', kind: 'silence' });
    const orders = world.done('newOrder');
    const first = await serve(config);
    await until('the order is finalized', () => world.ca.requests.at(-1)?.kind === 'finalize');
    first.kill('SIGKILL');
    await first.ended;
    heal();
    const second = await serve(config);
    await second.waitForEvent('order.resumed');
    await second.waitForEvent('certificate.delivered');
    assert.equal(world.done('newOrder'), orders + 1);
    await until('the answers are gone', async () => {
      const { answers } = await query({ name: cname.target, type: 'TXT' }, world.dns, { signal });
      return answers.length === 0;
    });
    assert.ok(existsSync(join(world.dataFolder('killed'), 'certificates', 'example.org', 'privkey.pem')));
    await end(second);
  });

  test('a command after delivery that fails is logged, and the certificate stays', async () => {
    const config = world.writeConfig('hook', `${NAMES}\nafter = 'echo no such service; exit 3'`);
    const [cname] = (await status(config)).certificates[0]?.delegations ?? [];
    assert.ok(cname);
    await world.addCname(cname.name, cname.target);
    const running = await serve(config);
    const failed = await running.waitForEvent('hook.failed');
    assert.match(String(failed['reason']), /"echo no such service; exit 3", failed: exit code 3: no such service$/);
    await running.waitForEvent('certificate.delivered');
  });
});
