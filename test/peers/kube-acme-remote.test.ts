import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { secretBytes, secrets } from '../../src/kube/api/secret.ts';
import { CHALLENGE_ZONE } from './chain.ts';
import { startEvercert, writeConfig } from './evercert.ts';
import type { RunningEvercert } from './evercert.ts';
import { freePort } from './free-port.ts';
import { certificateYaml, issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { peers } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');
const LIMIT = { timeout: 60_000 };

interface Account {
  readonly fulldomain: string;
  readonly subdomain: string;
  readonly username: string;
  readonly password: string;
}

describe('ACME in a cluster, with an acme-dns server elsewhere', { skip, timeout: 170_000 }, () => {
  let world: KubeAcmeWorld;
  let server: RunningEvercert;
  let api: string;
  const folder = tempFolder('kube-acmedns');
  before(async () => {
    world = await startKubeAcmeWorld({ foreignZone: true });
    const apiPort = await freePort();
    api = `http://127.0.0.1:${apiPort}`;
    const config = writeConfig(world.chain, { folder: folder.path, apiPort });
    server = await startEvercert(['serve', '--config', config], {
      ready: async () => (await fetch(`${api}/health`)).ok,
    });
    const solver = `acmeDNS: { host: "${api}", accountSecretRef: { name: accounts, key: acmedns.json } }`;
    await world.apply(issuerYaml(world.chain, { solver }));
  });
  after(async () => {
    await server?.process.stop();
    await world?.stop();
    folder.remove();
  });

  const register = async (): Promise<Account> => {
    const answer = await fetch(`${api}/register`, { method: 'POST' });
    assert.equal(answer.status, 201);
    return (await answer.json()) as Account;
  };
  const accounts = async (): Promise<Record<string, Account & { note?: string }>> => {
    const key = { namespace: 'cert-manager', name: 'accounts' };
    const secret = await world.cluster.client.get(secrets, key, { signal: AbortSignal.timeout(10_000) });
    const bytes = secret && secretBytes(secret, 'acmedns.json');
    assert.ok(bytes !== undefined);
    return JSON.parse(Buffer.from(bytes).toString()) as Record<string, Account>;
  };
  const putAccounts = (entries: Record<string, unknown>) => {
    const metadata = { name: 'accounts', namespace: 'cert-manager' };
    const stringData = { 'acmedns.json': JSON.stringify(entries), other: 'stays' };
    return world.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData }));
  };

  test('accounts of cert-manager are used as they are: apex, wildcard, and what is below', LIMIT, async () => {
    const account = await register();
    await putAccounts({ 'ready.example.org': { ...account, allowfrom: [], note: 'mine' } });
    await world.chain.addCnames([
      ['_acme-challenge.ready.example.org', account.fulldomain],
      ['_acme-challenge.www.ready.example.org', account.fulldomain],
    ]);
    await world.apply(
      certificateYaml('ready', ['ready.example.org', '*.ready.example.org']) +
        certificateYaml('below', ['www.ready.example.org']),
    );
    await Promise.all([world.untilReady('ready'), world.untilReady('below')]);
    assert.deepEqual(Object.keys(await accounts()), ['ready.example.org']);
  });

  test('a domain without an account is registered, the others stay, and the CNAME is said', LIMIT, async () => {
    const { orders } = world.chain.pebble.counts();
    await world.apply(
      certificateYaml('fresh', ['fresh.example.org']) + certificateYaml('fresh2', ['fresh2.example.org']),
    );
    const [said] = await Promise.all([
      world.untilSaid('fresh', /add at your DNS provider/),
      world.untilSaid('fresh2', /add at your DNS provider/),
    ]);
    const kept = await accounts();
    assert.equal(kept['ready.example.org']?.note, 'mine');
    const { fulldomain = '' } = kept['fresh.example.org'] ?? {};
    assert.ok(fulldomain.endsWith(`.${CHALLENGE_ZONE}`));
    assert.ok(said.includes(`_acme-challenge.fresh.example.org.  CNAME  ${fulldomain}.`), said);
    assert.equal(world.chain.pebble.counts().orders, orders);
    await world.chain.addCnames([
      ['_acme-challenge.fresh.example.org', fulldomain],
      ['_acme-challenge.fresh2.example.org', kept['fresh2.example.org']?.fulldomain ?? ''],
    ]);
    await Promise.all([world.untilReady('fresh'), world.untilReady('fresh2')]);
  });

  test('an account that the server refuses is said, and used as soon as it is put right', LIMIT, async () => {
    const account = await register();
    const entries = await accounts();
    await putAccounts({ ...entries, 'locked.example.org': { ...account, password: 'x'.repeat(40) } });
    await world.chain.addCnames([['_acme-challenge.locked.example.org', account.fulldomain]]);
    await world.apply(certificateYaml('locked', ['locked.example.org']));
    const challenge = await until(async () => {
      const text = await world.cluster.kubectl(['get', 'challenges', '-o', 'jsonpath={.items[*].status.reason}']);
      return text.includes('refused the account for locked.example.org') ? text : undefined;
    });
    assert.ok(!challenge.includes('x'.repeat(40)));
    await putAccounts({ ...entries, 'locked.example.org': account });
    await world.untilReady('locked', 40_000);
  });

  test('a server that is down costs no order, and is waited for', LIMIT, async () => {
    await server.process.stop();
    const { orders } = world.chain.pebble.counts();
    await world.apply(certificateYaml('down', ['down.example.org']));
    await world.untilSaid('down', /cannot be reached/);
    assert.equal(world.chain.pebble.counts().orders, orders);
  });
});

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < end, 'it did not come to that');
  }
}
