import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Fault } from '../../src/rehearsal/faults.ts';
import { listing } from './listing.ts';
import { evercert, startEvercert } from './run-evercert.ts';
import type { RunningEvercert } from './run-evercert.ts';
import { until } from './until.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

const STOPPED = 'evercert: stopped; what was begun is stored, and the same command goes on with it\n';

/** Stops it, and says how it ended and whether that was at once: no pause and no silence of a CA is waited for, which last 20 s and more. */
async function stop(running: RunningEvercert, signal: NodeJS.Signals) {
  const start = performance.now();
  running.kill(signal);
  const { code, stderr } = await running.ended;
  const ms = performance.now() - start;
  return { code, stderr, inTime: ms < 8000 ? true : `${Math.round(ms)} ms` };
}

/** Where issue may wait, as a fault of the CA that lets it wait there for ever. */
const states: readonly (readonly [where: string, fault: Fault])[] = [
  ['for the directory', { on: 'directory', kind: 'silence' }],
  ['for its account', { on: 'newAccount', kind: 'silence' }],
  ['for the order', { on: 'newOrder', kind: 'silence' }],
  ['for an authorization', { on: 'authorization', kind: 'silence' }],
  ['for the challenge to be taken', { on: 'challenge', kind: 'silence' }],
  ['for the answer to finalize', { on: 'finalize', kind: 'silence' }],
  ['for the CA to issue', { on: 'finalize', kind: 'order-stuck' }],
  ['for the certificate', { on: 'certificate', kind: 'silence' }],
  [
    'because the CA said so',
    {
      on: 'newOrder',
      kind: 'problem',
      problem: { type: 'serverInternal', detail: 'soon', status: 503 },
      headers: { 'retry-after': '20' },
    },
  ],
];

describe('issue is stopped while it waits', () => {
  test('for the CNAME; then the same record is asked for, and it goes on', async () => {
    const config = world.writeConfig('cname');
    const args = ['issue', 'example.org', '--config', config, '-o', 'json'];
    const first = startEvercert(args);
    const { name, target } = await first.waitForEvent('delegation.needed');
    assert.deepEqual(await stop(first, 'SIGINT'), { code: 130, stderr: STOPPED, inTime: true });
    const { stdout: status } = await evercert(['status', '--config', config]);
    assert.match(status, /^No certificate is wanted yet/, 'what was not begun is not renewed for ever');
    const second = startEvercert(args);
    assert.equal((await second.waitForEvent('delegation.needed'))['target'], target);
    await world.addCname(String(name), String(target));
    assert.equal((await second.ended).code, 0);
  });

  for (const [index, [where, fault]] of states.entries()) {
    const signal = index % 2 === 0 ? 'SIGTERM' : 'SIGINT';
    test(`${where} (${signal}); the next one goes on, with one order in all`, async () => {
      await world.removeCnames();
      const config = world.writeConfig(`state-${index}`);
      const needed = await evercert(['issue', 'example.org', '--config', config, '--no-wait', '-o', 'json']);
      const [, target = ''] = /CNAME {2}(\S+)\./.exec(needed.stderr) ?? [];
      await world.addCname('_acme-challenge.example.org', target);
      const [orders, seen] = [world.done('newOrder'), world.ca.requests.length];
      const heal = world.ca.inject(fault);
      const args = ['issue', 'example.org', '--config', config, '-o', 'json'];
      const running = startEvercert(args);
      await until(where, () => world.ca.requests.slice(seen).some(({ kind }) => kind === fault.on));
      assert.deepEqual(await stop(running, signal), { code: 130, stderr: STOPPED, inTime: true });
      heal();
      // An order that is stuck at the CA for ever has no way out but its deadline.
      if (fault.kind === 'order-stuck') return;
      const next = await evercert(args);
      assert.equal(next.code, 0, next.stderr);
      assert.equal(world.done('newOrder'), orders + 1);
    });
  }
});

describe('others', () => {
  test('demo that is stopped early leaves nothing; later it is a good end', async () => {
    const TMPDIR = world.folder;
    const there = listing(TMPDIR);
    const early = startEvercert(['demo', '-o', 'json'], { env: { TMPDIR } });
    await early.waitForEvent('delegation.needed');
    assert.deepEqual(await stop(early, 'SIGINT'), { code: 130, stderr: 'evercert: stopped\n', inTime: true });
    assert.deepEqual(listing(TMPDIR), there);
    const running = startEvercert(['demo'], { env: { TMPDIR } });
    await running.waitFor(/Ctrl-C ends it/);
    assert.deepEqual(await stop(running, 'SIGINT'), { code: 0, stderr: '', inTime: true });
  });

  test('serve ends with 0 at whatever moment, also while a certificate waits', async () => {
    const config = world.writeConfig('serve', '[[certificate]]\nnames = ["third.org"]');
    for (const [moment, signal] of [
      [/"event":"delegation.needed"/, 'SIGTERM'],
      [/"message":"serving"/, 'SIGINT'],
      [/challenge zone loaded/, 'SIGTERM'],
    ] as const) {
      const running = startEvercert(['serve', '--config', config]);
      await running.waitFor(moment);
      const { code, inTime } = await stop(running, signal);
      assert.deepEqual({ code, inTime }, { code: 0, inTime: true }, String(moment));
    }
  });

  test('a second Ctrl-C ends at once', async () => {
    const config = world.writeConfig('twice');
    const heal = world.ca.inject({ on: 'directory', kind: 'silence' });
    const running = startEvercert(['issue', 'third.org', '--config', config]);
    await until('it waits', () => world.ca.requests.at(-1)?.kind === 'directory');
    running.kill('SIGINT');
    running.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    heal();
  });
});
