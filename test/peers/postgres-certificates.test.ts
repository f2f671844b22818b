import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { evercert, type RunningEvercert, startEvercert } from '../cli/run-evercert.ts';
import { until } from '../cli/until.ts';
import { startWorld, type World } from '../cli/world.ts';
import { freePort } from './free-port.ts';
import { type PostgresPeer, startPostgres } from './postgres.ts';
import { peers } from './require-peer.ts';

const skip = peers('postgres');
const timeout = 90_000;
const NAME = '_acme-challenge.example.org';
const WANTED = '[[certificate]]\nnames = ["example.org", "*.example.org"]';

describe('certificates of several nodes on one PostgreSQL', { skip }, () => {
  let server: PostgresPeer;
  let world: World;
  let database: string;
  let started: RunningEvercert[] = [];
  before(async () => {
    server = await startPostgres();
  });
  beforeEach(async () => {
    [world, database] = await Promise.all([startWorld(), server.createDatabase()]);
  });
  afterEach(async () => {
    for (const one of started) one.kill('SIGKILL');
    await Promise.all(started.map((one) => one.ended.catch(() => {})));
    started = [];
    await world.stop();
  });
  after(() => server?.remove());

  /** `answers`: it has the address that the world knows. The others serve the same zone where nobody asks. */
  async function node(name: string, more: string, { answers = false } = {}): Promise<RunningEvercert> {
    const config = configOf(name, more);
    const ports = [await freePort(), await freePort()];
    const elsewhere = { EVERCERT_DNS_LISTEN: `127.0.0.1:${ports[0]}`, EVERCERT_API_LISTEN: `127.0.0.1:${ports[1]}` };
    const running = startEvercert(['serve', '--config', config], { timeout, env: answers ? {} : elsewhere });
    started.push(running);
    await running.waitFor(/"message":"serving"/);
    return running;
  }

  const configOf = (name: string, more: string) => world.writeConfig(name, `[database]\nurl = "${database}"\n${more}`);
  const chainOf = (name: string) => join(world.dataFolder(name), 'certificates', 'example.org', 'fullchain.pem');

  async function addCname(name: string): Promise<void> {
    const { stdout } = await evercert(['status', '-o', 'json', '--config', configOf(name, WANTED)]);
    const { certificates } = JSON.parse(stdout) as { certificates: { delegations: { target: string }[] }[] };
    const target = certificates[0]?.delegations[0]?.target;
    assert.ok(target, stdout);
    await world.addCname(NAME, target);
  }

  test('one node orders, another one is asked by the CA, and all have the files', { timeout }, async () => {
    await addCname('two');
    await node('one', '', { answers: true });
    const hookFile = join(world.folder, 'hook');
    await Promise.all([
      node('two', `${WANTED}\nafter = 'echo two >> ${hookFile}'`),
      node('three', `${WANTED}\nafter = 'echo three >> ${hookFile}'`),
    ]);
    await until('both have the files', () => existsSync(chainOf('two')) && existsSync(chainOf('three')), 60_000);
    assert.equal(readFileSync(chainOf('two'), 'utf8'), readFileSync(chainOf('three'), 'utf8'));
    await until('both hooks have run', () => existsSync(hookFile) && readFileSync(hookFile, 'utf8').length > 9);
    assert.deepEqual(readFileSync(hookFile, 'utf8').trim().split('\n').toSorted(), ['three', 'two']);
    // One that comes later is served from what is there as well, and knows when it will be renewed.
    const late = await node('four', WANTED);
    await until('the late one has the files', () => existsSync(chainOf('four')));
    assert.equal(readFileSync(chainOf('four'), 'utf8'), readFileSync(chainOf('two'), 'utf8'));
    assert.equal(world.done('newOrder'), 1);
    assert.equal(world.done('newAccount'), 1);
    late.kill('SIGTERM');
    assert.equal((await late.ended).code, 0);
  });

  test('a node that is killed at work goes on at once when it is started again', { timeout }, async () => {
    const first = await node('one', WANTED, { answers: true });
    await first.waitForEvent('delegation.needed');
    first.kill('SIGKILL');
    await first.ended.catch(() => {});
    await addCname('one');
    const again = performance.now();
    await node('one', WANTED, { answers: true });
    await until('it has the files', () => existsSync(chainOf('one')), 60_000);
    assert.ok(performance.now() - again < 18_000, 'it has not waited for its own lease to end');
  });

  test('a node that is gone for good is followed by another one', { timeout }, async () => {
    const first = await node('one', WANTED, { answers: true });
    await first.waitForEvent('delegation.needed');
    const second = await node('two', WANTED);
    first.kill('SIGKILL');
    await first.ended.catch(() => {});
    await addCname('one');
    await node('three', '', { answers: true });
    await until('the second one has the files', () => existsSync(chainOf('two')), 60_000);
    assert.equal(world.done('newOrder'), 1);
    assert.ok(
      second.events().every((line) => line['level'] !== 'error'),
      second.stderr(),
    );
  });
});
