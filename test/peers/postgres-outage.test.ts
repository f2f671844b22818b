import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startEvercert } from '../cli/run-evercert.ts';
import { until } from '../cli/until.ts';
import { untilAnswered } from './node-until.ts';
import { type EvercertNode, type NodeAccount, startNode } from './node.ts';
import { type PostgresPeer, startPostgres } from './postgres.ts';
import { peers } from './require-peer.ts';

const skip = peers('postgres');
const value = (text: string) => text.padEnd(43, '_');
const timeout = 60_000;
const unknown = 'nobody.auth.example.net';

describe('PostgreSQL comes and goes', { skip }, () => {
  let server: PostgresPeer;
  let one: EvercertNode;
  let two: EvercertNode;
  before(async () => {
    server = await startPostgres({ settings: { fsync: 'on' } });
    const database = await server.createDatabase();
    [one, two] = await Promise.all([startNode({ database }), startNode({ database })]);
  });
  after(async () => {
    await Promise.all([one, two].map((node) => node?.remove()));
    await server?.remove();
  });

  test('without it: what is known is answered, what is not gets SERVFAIL, changes get 503', { timeout }, async () => {
    const account = await one.register();
    await one.update(account, value('before'));
    await untilAnswered(two, account.fulldomain, [value('before')]);
    assert.equal(await two.ask(unknown), 'NXDOMAIN');
    await server.stop();
    for (const node of [one, two]) {
      await untilAnswered(node, unknown, 'SERVFAIL');
      assert.deepEqual(await node.ask(account.fulldomain), [value('before')]);
      assert.equal((await node.update(account, value('lost'))).status, 503);
      assert.equal((await node.call('/register', { method: 'POST' })).status, 503);
      assert.equal((await node.call('/health')).status, 200);
    }
    await server.start();
    for (const node of [one, two]) {
      await untilAnswered(node, unknown, 'NXDOMAIN');
      assert.deepEqual(await node.ask(account.fulldomain), [value('before')]);
    }
    assert.equal((await one.update(account, value('after'))).status, 200);
    await untilAnswered(two, account.fulldomain, [value('after'), value('before')]);
    assert.match(one.output(), /database lost/);
    assert.match(one.output(), /database is back/);
  });

  test('it crashes in the middle of updates: all that was acknowledged is there, everywhere', { timeout }, async () => {
    const accounts: NodeAccount[] = [];
    for (let each = 0; each < 8; each += 1) accounts.push(await one.register());
    const acknowledged = new Map<NodeAccount, string>();
    const refused: number[] = [];
    const stop = new AbortController();
    const writers = accounts.map(async (account, index) => {
      const node = index % 2 === 0 ? one : two;
      for (let round = 0; !stop.signal.aborted; round += 1) {
        const txt = value(`r${round}x`);
        const { status } = await node.update(account, txt);
        if (status === 200) acknowledged.set(account, txt);
        else refused.push(status);
      }
    });
    await until('all have been updated', () => acknowledged.size === accounts.length);
    await server.stop('immediate');
    await untilAnswered(one, unknown, 'SERVFAIL');
    await server.start();
    const whenBack = new Map(acknowledged);
    await until('updates go on everywhere', () =>
      accounts.every((account) => acknowledged.get(account) !== whenBack.get(account)),
    );
    stop.abort();
    await Promise.all(writers);
    assert.ok(
      refused.every((status) => status === 503),
      refused.join(),
    );
    for (const account of accounts) {
      const last = acknowledged.get(account) ?? '';
      for (const node of [one, two])
        await untilAnswered(node, account.fulldomain, (answered) => answered.includes(last));
    }
  });

  test(
    'a node that is killed in the middle of updates has lost none of them, and comes back with all',
    { timeout },
    async () => {
      const account = await one.register();
      const seen: string[] = [];
      let killed = false;
      const writer = (async () => {
        for (let round = 0; ; round += 1) {
          const txt = value(`k${round}x`);
          const answer = await one.update(account, txt).catch(() => undefined);
          if (answer?.status !== 200) return assert.ok(killed, `round ${round}: ${answer?.status}`);
          seen.push(txt);
        }
      })();
      await until('it was updated twenty times', () => seen.length >= 20);
      killed = true;
      await one.stop('SIGKILL');
      await writer;
      const last = seen.at(-1) ?? '';
      await untilAnswered(two, account.fulldomain, (answered) => answered.includes(last));
      const meanwhile = await two.register();
      assert.equal((await two.update(meanwhile, value('meanwhile'))).status, 200);
      await one.start();
      await untilAnswered(one, account.fulldomain, (answered) => answered.includes(last));
      await untilAnswered(one, meanwhile.fulldomain, [value('meanwhile')]);
    },
  );

  test(
    'a node that is started before it waits for it, and one that is stopped without it ends',
    { timeout },
    async () => {
      await one.stop();
      await server.stop();
      const early = startEvercert(['serve', '--config', one.configFile], { timeout });
      try {
        await early.waitFor(/waiting for the database/);
        await server.start();
        await early.waitFor(/"message":"serving"/);
        await server.stop();
        await early.waitFor(/database lost/);
        early.kill('SIGTERM');
        assert.equal((await early.ended).code, 0);
      } finally {
        early.kill('SIGKILL');
      }
    },
  );
});
