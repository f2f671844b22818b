import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { startRehearsalCa } from '../../src/rehearsal/ca.ts';
import type { RehearsalCa } from '../../src/rehearsal/ca.ts';
import { freePort } from '../peers/free-port.ts';
import { runChild } from './run-child.ts';

interface Lane {
  readonly ca: RehearsalCa;
  readonly dnsPort: number;
}

/** Cases under way at once, each with a CA of its own, since a CA asks one DNS server. */
const LANES = 2;

describe('kill -9 at every step of the order flow', () => {
  const lanes: Lane[] = [];
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evercert-crash-'));
    for (let lane = 0; lane < LANES; lane += 1) {
      const dnsPort = await freePort();
      const resolver = { address: '127.0.0.1', port: dnsPort };
      lanes.push({ ca: await startRehearsalCa({ resolver, clock: systemClock }), dnsPort });
    }
  });
  after(async () => {
    await Promise.all(lanes.map(({ ca }) => ca.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const optionsOf = ({ ca, dnsPort }: Lane, label: string) => ({
    folder: join(folder, label),
    dnsPort,
    directoryUrl: ca.directoryUrl,
    rootPem: ca.rootPem,
    names: [`${label}.example.org`, `*.${label}.example.org`],
  });

  /** What the CA did since `from`: requests that had an effect, by kind. */
  const effects = ({ ca }: Lane, from: number) => {
    const done = ca.requests.slice(from).filter(({ status }) => status === 200 || status === 201);
    const count = (kind: string, status: number) =>
      done.filter((request) => request.kind === kind && request.status === status).length;
    return { accounts: count('newAccount', 201), orders: count('newOrder', 201), certificates: count('finalize', 200) };
  };
  const ONCE = { accounts: 1, orders: 1, certificates: 1 };

  test(
    'killed once, at each moment after something became durable; the next run ends it',
    { timeout: 300_000 },
    async () => {
      const [first] = lanes;
      assert.ok(first);
      const whole = await runChild({ ...optionsOf(first, 'whole'), killAt: 0 });
      assert.equal(whole.kind, 'finished', JSON.stringify(whole));
      const { moments } = whole.report;
      for (const what of [
        'newOrder',
        'present',
        'acceptChallenge',
        'finalizeOrder',
        'downloadChain',
        'deliver',
        'remove',
      ]) {
        const moment = what === 'newOrder' ? 'after createOrder' : `after ${what}`;
        assert.ok(moments.includes(moment), `${moment} was never reached`);
      }
      const cases = moments.flatMap((moment, index) => (index === 0 || moment.startsWith('after') ? [index + 1] : []));
      const queue = cases.values();
      await Promise.all(
        lanes.map(async (lane) => {
          for (const killAt of queue) await killedOnce(lane, killAt, moments[killAt - 1] ?? '');
        }),
      );
    },
  );

  async function killedOnce(lane: Lane, killAt: number, moment: string): Promise<void> {
    const options = optionsOf(lane, `at-${killAt}`);
    const from = lane.ca.requests.length;
    const killed = await runChild({ ...options, killAt });
    assert.equal(killed.kind, 'killed', `${moment}: ${JSON.stringify(killed)}`);
    const resumed = await runChild({ ...options, killAt: 0 });
    assert.equal(resumed.kind, 'finished', `${moment}: ${JSON.stringify(resumed)}`);
    assert.deepEqual(resumed.report.leftBehind, [], moment);
    assert.equal(resumed.report.next, 'current', moment);
    assert.deepEqual(effects(lane, from), ONCE, moment);
  }

  test(
    'killed again and again, after every few moments, until nothing is left to do',
    { timeout: 120_000 },
    async () => {
      const [lane] = lanes;
      assert.ok(lane);
      const options = optionsOf(lane, 'often');
      const from = lane.ca.requests.length;
      // What a run has to repeat before it comes to something new takes a few moments.
      const killAt = 12;
      let runs = 0;
      for (; runs < 40; runs += 1) {
        const end = await runChild({ ...options, killAt });
        assert.notEqual(end.kind, 'broken', JSON.stringify(end));
        if (end.kind !== 'finished') continue;
        assert.deepEqual(end.report.leftBehind, []);
        break;
      }
      assert.ok(runs > 2 && runs < 40, `${runs} runs were killed`);
      assert.deepEqual(effects(lane, from), ONCE);
    },
  );
});
