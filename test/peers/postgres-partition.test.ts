import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { until } from '../cli/until.ts';
import { createNetworkNamespace, type NetworkNamespace, noNetworkNamespaces } from './network-namespace.ts';
import { untilAnswered } from './node-until.ts';
import { type EvercertNode, type NodeAccount, startNode } from './node.ts';
import { type PostgresPeer, startPostgres } from './postgres.ts';
import { peers } from './require-peer.ts';

const skip = peers('postgres') || noNetworkNamespaces();
const value = (text: string) => text.padEnd(43, '_');
const unknown = 'nobody.auth.example.net';
const timeout = 60_000;

describe('the network between a node and PostgreSQL', { skip }, () => {
  let network: NetworkNamespace;
  let server: PostgresPeer;
  let near: EvercertNode;
  let far: EvercertNode;
  before(async () => {
    network = createNetworkNamespace();
    server = await startPostgres({ address: network.cuttable.here });
    const database = await server.createDatabase();
    const { through, lasting } = network;
    [near, far] = await Promise.all([
      startNode({ database }),
      startNode({ database, through, address: lasting.there }),
    ]);
  });
  afterEach(() => network.heal());
  after(async () => {
    await Promise.all([near, far].map((node) => node?.remove()));
    await server?.remove();
    network?.remove();
  });

  async function accounts(count: number): Promise<NodeAccount[]> {
    const made: NodeAccount[] = [];
    for (let each = 0; each < count; each += 1) {
      const account = await near.register();
      await near.update(account, value('old'));
      made.push(account);
    }
    for (const account of made) await untilAnswered(far, account.fulldomain, [value('old')]);
    return made;
  }

  async function deregister({ username, password, subdomain }: NodeAccount): Promise<void> {
    const headers = { 'x-api-user': username, 'x-api-key': password };
    const response = await near.call('/deregister', { method: 'POST', headers, body: JSON.stringify({ subdomain }) });
    assert.equal(response.status, 200);
  }

  test('packets vanish: the node answers what it knows, and catches up afterwards', { timeout }, async (t) => {
    const [kept, changed, removed] = (await accounts(3)) as [NodeAccount, NodeAccount, NodeAccount];
    network.cut();
    const cutAt = performance.now();
    await near.update(changed, value('new'));
    await deregister(removed);
    const added = await near.register();
    await near.update(added, value('added'));
    await untilAnswered(far, unknown, 'SERVFAIL');
    t.diagnostic(`what is not known is not denied any more after ${Math.round(performance.now() - cutAt)} ms`);
    assert.equal(await far.ask(added.fulldomain), 'SERVFAIL');
    assert.deepEqual(await far.ask(kept.fulldomain), [value('old')]);
    assert.deepEqual(await far.ask(changed.fulldomain), [value('old')]);
    assert.deepEqual(await far.ask(removed.fulldomain), [value('old')]);
    assert.equal((await far.update(kept, value('refused'))).status, 503);
    network.heal();
    await untilAnswered(far, added.fulldomain, [value('added')]);
    assert.deepEqual(await far.ask(changed.fulldomain), [value('new'), value('old')].toSorted());
    assert.equal(await far.ask(removed.fulldomain), 'NXDOMAIN');
    assert.equal(await far.ask(unknown), 'NXDOMAIN');
    assert.deepEqual(await near.ask(kept.fulldomain), [value('old')]);
    assert.equal((await far.update(kept, value('again'))).status, 200);
    await untilAnswered(near, kept.fulldomain, [value('again'), value('old')].toSorted());
  });

  for (const way of ['cut', 'cutOneWay'] as const) {
    test(
      `${way} in the middle of updates: nobody else is held up, and both nodes serve the same in the end`,
      { timeout },
      async (t) => {
        const all = await accounts(6);
        const acknowledged = new Map<NodeAccount, string>();
        const stop = new AbortController();
        const waits: number[] = [];
        const writers = all.map(async (account, index) => {
          const node = index % 2 === 0 ? near : far;
          for (let round = 0; !stop.signal.aborted; round += 1) {
            const txt = value(`${way}${round}x`);
            const from = performance.now();
            const { status } = await node.update(account, txt);
            if (status === 200) acknowledged.set(account, txt);
            else assert.equal(status, 503);
            if (node === near) {
              assert.equal(status, 200, 'a node that reaches the database goes on');
              waits.push(performance.now() - from);
            }
          }
        });
        await until('all have been updated', () => acknowledged.size === all.length);
        network[way]();
        await untilAnswered(far, unknown, 'SERVFAIL');
        const whenCut = new Map(acknowledged);
        await until('the near node goes on', () =>
          all.every((account, index) => index % 2 === 1 || acknowledged.get(account) !== whenCut.get(account)),
        );
        network.heal();
        await untilAnswered(far, unknown, 'NXDOMAIN');
        await until('all nodes go on', () =>
          all.every((account) => acknowledged.get(account) !== whenCut.get(account)),
        );
        stop.abort();
        await Promise.all(writers);
        t.diagnostic(`the longest wait for the near node was ${Math.round(Math.max(...waits))} ms`);
        for (const account of all) {
          const last = acknowledged.get(account) ?? '';
          for (const node of [near, far])
            await untilAnswered(node, account.fulldomain, (answered) => answered.includes(last));
          const answers = [await near.ask(account.fulldomain), await far.ask(account.fulldomain)];
          assert.deepEqual(answers[0], answers[1]);
        }
      },
    );
  }
});
