import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../cli/until.ts';
import { type MovingAddress, startMovingAddress } from './moving-address.ts';
import { untilAnswered } from './node-until.ts';
import { type EvercertNode, startNode } from './node.ts';
import { type PostgresPeer, startPostgres } from './postgres.ts';
import { peers } from './require-peer.ts';

const skip = peers('postgres');
const timeout = 90_000;
const value = (text: string) => text.padEnd(43, '_');
const unknown = 'nobody.auth.example.net';

describe('a standby takes the place of PostgreSQL', { skip }, () => {
  let primary: PostgresPeer;
  let standby: PostgresPeer;
  let address: MovingAddress;
  let nodes: EvercertNode[] = [];
  before(async () => {
    primary = await startPostgres();
    const url = await primary.createDatabase();
    standby = await startPostgres({ standbyOf: primary });
    address = await startMovingAddress(primary.port);
    const database = url.replace(`:${primary.port}/`, `:${address.port}/`);
    nodes = await Promise.all([startNode({ database }), startNode({ database })]);
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.remove()));
    await address?.stop();
    await standby?.remove();
    await primary?.remove();
  });

  async function caughtUp(): Promise<void> {
    const { rows } = await primary.run('SELECT pg_current_wal_lsn()::text AS lsn');
    const lsn = String(rows[0]?.lsn);
    await until('the standby has it', async () => {
      const found = await standby.run(`SELECT pg_last_wal_replay_lsn() >= '${lsn}' AS done`);
      return found.rows[0]?.done === true;
    });
  }

  test('nodes serve what the new primary has, and nothing that it has not', { timeout }, async () => {
    const [one, two] = nodes as [EvercertNode, EvercertNode];
    const account = await one.register();
    await one.update(account, value('kept'));
    await untilAnswered(two, account.fulldomain, [value('kept')]);
    await caughtUp();
    // What comes now never reaches the standby.
    await standby.run(`ALTER SYSTEM SET primary_conninfo = ''`);
    await standby.run('SELECT pg_reload_conf()');
    await until('it follows no more', async () => {
      const { rows } = await primary.run('SELECT count(*)::int AS followers FROM pg_stat_replication');
      return rows[0]?.followers === 0;
    });
    assert.equal((await one.update(account, value('lost'))).status, 200);
    const late = await two.register();
    await untilAnswered(two, account.fulldomain, [value('kept'), value('lost')]);

    address.leadTo(standby.port);
    await primary.stop('immediate');
    for (const node of nodes) await untilAnswered(node, unknown, 'SERVFAIL');
    assert.equal((await one.update(account, value('refused'))).status, 503, 'a standby takes nothing');
    await standby.run('SELECT pg_promote()');
    for (const node of nodes) {
      await untilAnswered(node, unknown, 'NXDOMAIN');
      await untilAnswered(node, account.fulldomain, [value('kept')]);
      await untilAnswered(node, late.fulldomain, 'NXDOMAIN');
    }
    // As many changes as the old one had: by their number alone they could be taken for those.
    for (const text of ['x', 'y', 'z']) assert.equal((await two.update(account, value(text))).status, 200);
    const added = await one.register();
    for (const node of nodes) {
      await untilAnswered(node, account.fulldomain, ['kept', 'x', 'y', 'z'].map(value).toSorted());
      await untilAnswered(node, added.fulldomain, []);
    }
  });
});
