import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createAccount } from '../../src/acmedns/account.ts';
import type { Account } from '../../src/acmedns/ports.ts';
import { openDataFolder } from '../../src/app/data-folder.ts';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { evercert } from '../cli/run-evercert.ts';
import { orderRecord } from '../conformance/order-store.ts';
import { startNode } from './node.ts';
import { type PostgresPeer, startPostgres } from './postgres.ts';
import { peers } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

const skip = peers('postgres');
const timeout = 60_000;
const value = (text: string) => text.padEnd(43, '_');
const CA = 'https://acme-v02.api.letsencrypt.org/directory';

describe('import data-folder: from one node to several', { skip }, () => {
  let server: PostgresPeer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.remove());

  test('all that SQLite has kept is there for every node, with the same keys', { timeout }, async () => {
    const folder = tempFolder('import-own');
    const data = join(folder.path, 'data');
    const first = createAccount(['127.0.0.0/8'], 1_700_000_000_000);
    const old: Account = { ...createAccount([], 0).account, key: { kind: 'bcrypt', hash: '$2a$10$old' } };
    const own = await openDataFolder(data);
    await own.zoneStore.addAccount(first.account);
    await own.zoneStore.addAccount(old);
    const { subdomain: label } = await own.zoneStore.addDelegation(parseDomainName('example.org'), 'label');
    await own.zoneStore.changeTxt(label, () => [{ value: value('held'), updatedAt: 1, held: true }]);
    await own.zoneStore.changeTxt(first.account.subdomain, () => [{ value: value('a'), updatedAt: 5, held: false }]);
    const order = orderRecord({ step: 'created' });
    await own.orders.saveOrder(order);
    await own.wanted.saveWanted({ certificate: order.certificate });
    await own.acmeAccounts.saveAccount(CA, { privateKey: 'key', url: `${CA}/1` });
    await own.acmeAccounts.saveAccount(order.certificate.ca, { privateKey: 'other', url: undefined });
    await own.close();

    const database = await server.createDatabase();
    const configFile = join(folder.path, 'evercert.toml');
    const config = `data = "${data}"\n[zone]\nname = "auth.example.net"\n`;
    const run = async (...more: string[]) => {
      const { code, stdout, stderr } = await evercert(
        ['import', 'data-folder', '-o', 'json', '--config', configFile, ...more],
        { timeout },
      );
      return { code, report: code === 0 ? (JSON.parse(stdout) as Record<string, unknown>) : {}, stderr };
    };
    writeFileSync(configFile, config);
    assert.match((await run()).stderr, /has no \[database\]/);
    writeFileSync(configFile, `${config}[database]\nurl = "${database}"`);
    const counts = ({ report }: Awaited<ReturnType<typeof run>>) =>
      ['found', 'accounts', 'delegations', 'present', 'records', 'acmeAccounts'].map((key) => report[key]);
    assert.deepEqual(counts(await run('--dry-run')), [3, 2, 1, 0, 2, 0]);
    assert.deepEqual(counts(await run()), [3, 2, 1, 0, 2, 2]);
    assert.deepEqual(counts(await run()), [3, 0, 0, 3, 0, 0]);
    assert.match((await run('--from', folder.path)).stderr, /is no data folder of evercert/);

    const node = await startNode({ database });
    try {
      const { account, key } = first;
      const registration = { ...account, password: key, fulldomain: `${account.subdomain}.auth.example.net` };
      assert.deepEqual(await node.ask(registration.fulldomain), [value('a')]);
      assert.equal((await node.update(registration, value('b'))).status, 200);
      assert.deepEqual(await node.ask(registration.fulldomain), [value('a'), value('b')]);
      assert.deepEqual(await node.ask(`${label}.auth.example.net`), []);
    } finally {
      await node.remove();
      folder.remove();
    }
  });
});
