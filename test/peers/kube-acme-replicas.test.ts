import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { query } from '../../src/dns/query.ts';
import { txtValue } from '../../src/dns/record.ts';
import { challengeResource } from '../../src/kube/schema/challenge.ts';
import type { Challenge } from '../../src/kube/schema/challenge.ts';
import { CHALLENGE_ZONE, DOMAIN } from './chain.ts';
import { certificateYaml, issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { startController } from './kube-controller.ts';
import type { RunningProcess } from './process.ts';
import { peers } from './require-peer.ts';

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');
/** Short, so that a test need not wait long for the other one to take over. */
const ELECTION = [
  '--leader-elect=true',
  '--leader-election-namespace=cert-manager',
  '--leader-election-lease-duration=3s',
  '--leader-election-renew-deadline=2s',
  '--leader-election-retry-period=500ms',
];

describe('two instances', { skip, timeout: 170_000 }, () => {
  let world: KubeAcmeWorld;
  let standby: RunningProcess;
  before(async () => {
    world = await startKubeAcmeWorld({ twoDnsServers: true, flags: ELECTION });
    const { chain, cluster } = world;
    const flags = [
      `--dns-zone=${CHALLENGE_ZONE}`,
      `--dns-listen=127.0.0.2:${chain.dnsPort}`,
      '--dns-nameserver=ns.example.net',
      `--dns01-recursive-nameservers=${chain.at.resolver}`,
      `--dns01-route=${DOMAIN}=${chain.at.userServer}`,
      ...ELECTION,
    ];
    standby = await startController(cluster, flags, { ready: /"message":"leader"/ });
    const solver = 'acmeDNS: {}\n      waitInsteadOfSelfCheck: 15s';
    await world.apply(issuerYaml(chain) + issuerYaml(chain, { name: 'slow', solver }));
  });
  after(async () => {
    await standby?.stop('SIGKILL');
    await world?.stop();
  });

  const signal = () => AbortSignal.timeout(10_000);
  const valuesAt = async (address: string, name: string): Promise<readonly string[]> => {
    const server = { address, port: world.chain.dnsPort };
    const { answers } = await query({ name, type: 'TXT' }, server, { signal: signal() });
    return answers.flatMap((record) => (record.type === 'TXT' ? [txtValue(record)] : []));
  };
  const challenges = async (): Promise<readonly Challenge[]> => {
    const query_ = { namespace: 'default' };
    for await (const page of world.cluster.client.list(challengeResource, query_, { signal: signal() }))
      return page.items;
    return [];
  };
  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    const end = Date.now() + 20_000;
    while (!(await isSo())) {
      assert.ok(Date.now() < end, 'it did not come to that');
      await systemClock.sleep(50, signal());
    }
  };

  test(
    'both answer for every Challenge, and when the one that leads is killed the other goes on',
    { timeout: 100_000 },
    async () => {
      await world.delegate(['slow.example.org', 'next.example.org']);
      await world.apply(certificateYaml('slow', ['slow.example.org', '*.slow.example.org'], 'slow'));
      await until(async () => (await challenges()).length === 2);
      const values = (await challenges()).map(({ spec }) => spec.key).toSorted();
      const target = world.targetOf('slow.example.org');
      for (const address of ['127.0.0.1', '127.0.0.2']) {
        await until(async () => (await valuesAt(address, target)).toSorted().join() === values.join());
      }
      const { orders } = world.chain.pebble.counts();
      await world.controller().stop('SIGKILL');
      // It would try the one that is gone now and then, for longer than Pebble waits for an answer; a CA asks again.
      await world.chain.resolver.serve(CHALLENGE_ZONE, `127.0.0.2@${world.chain.dnsPort}`);
      await world.untilReady('slow', 60_000);
      assert.equal(world.chain.pebble.counts().orders, orders, 'the same order');
      assert.match(standby.output(), /"message":"leading"/);
      await world.apply(certificateYaml('next', ['next.example.org']));
      await world.untilReady('next', 60_000);
    },
  );
});
