import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { KubeControllerFlags } from '../../src/app/kube-flags.ts';
import { CHALLENGE_ZONE, DOMAIN } from './chain.ts';
import { certificateYaml, issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { startController } from './kube-controller.ts';
import type { RunningProcess } from './process.ts';
import { peers } from './require-peer.ts';

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');
const child = fileURLToPath(new URL('../crash/kube-acme-child.ts', import.meta.url));
/** More lives than an issuance has effects mean that it goes round in circles. */
const MOST_LIVES = 25;

describe('killed after every single effect', { skip, timeout: 170_000 }, () => {
  let world: KubeAcmeWorld;
  let alive: ChildProcess | undefined;
  let standby: RunningProcess;
  before(async () => {
    world = await startKubeAcmeWorld({ twoDnsServers: true });
    await world.controller().stop('SIGKILL');
    standby = await startStandby(world);
  });
  after(async () => {
    alive?.kill('SIGKILL');
    await standby?.stop('SIGKILL');
    await world?.stop();
  });

  /** One life, to its end or until `enough`; what it did last. */
  async function live(
    flags: KubeControllerFlags,
    earlier: string | undefined,
    enough: Promise<unknown>,
  ): Promise<string | undefined> {
    const args = [child, JSON.stringify(flags), earlier ?? ''];
    const life = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    alive = life;
    const end = new AbortController();
    void enough.then(() => end.signal.aborted || life.kill('SIGTERM'));
    const [deeds, errors, [code, signal]] = await Promise.all([
      text(life.stdout),
      text(life.stderr),
      once(life, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
    ]);
    end.abort();
    assert.ok(signal === 'SIGKILL' || signal === 'SIGTERM' || code === 0, `${code} ${signal}: ${errors}`);
    return deeds.split('\n').find((line) => line !== '' && !line.startsWith('{'));
  }

  test('the certificate comes all the same, from one order', { timeout: 150_000 }, async () => {
    const { chain, cluster } = world;
    const flags = {
      kubeconfig: cluster.kubeconfig,
      clusterResourceNamespace: 'cert-manager',
      enableCertificateOwnerRef: false,
      leaderElect: false,
      leaderElectionNamespace: 'kube-system',
      metricsListenAddress: '0',
      healthzListenAddress: '0',
      logLevel: 'error',
      loggingFormat: 'json',
      dnsZone: CHALLENGE_ZONE,
      dnsListen: [chain.at.ourDns],
      dnsNameserver: 'ns.example.net',
      dns01RecursiveNameservers: [chain.at.resolver],
      dns01Route: { [DOMAIN]: [chain.at.userServer] },
    } as const;
    await world.delegate(['killed.example.org']);
    await world.apply(issuerYaml(chain) + certificateYaml('killed', ['killed.example.org']));
    const life = { isOver: false };
    const ready = world.untilReady('killed', 140_000).then(
      () => (life.isOver = true),
      () => {},
    );
    const deeds: string[] = [];
    while (!life.isOver && deeds.length < MOST_LIVES) deeds.push((await live(flags, deeds.at(-1), ready)) ?? 'nothing');
    assert.ok(life.isOver, deeds.join(', '));
    for (const deed of ['newAccount', 'newOrder', 'create Order', 'create Challenge', 'accept', 'finalize']) {
      assert.ok(deeds.includes(deed), `${deed} was none of: ${deeds.join(', ')}`);
    }
    const { accounts, orders, certificates } = chain.pebble.counts();
    assert.deepEqual({ accounts, orders, certificates }, { accounts: 1, orders: 1, certificates: 1 }, deeds.join(', '));
  });
});

/**
 * Another instance, which only answers DNS: the lease is somebody's who never comes back. A CA asks just when the one that works has been killed, and what
 * this test is about is not that nobody answers then.
 */
async function startStandby({ cluster, chain }: KubeAcmeWorld): Promise<RunningProcess> {
  const now = new Date().toISOString().replace('Z', '000Z');
  const spec = { holderIdentity: 'nobody', leaseDurationSeconds: 3600, acquireTime: now, renewTime: now };
  const metadata = { name: 'cert-manager-controller', namespace: 'cert-manager' };
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
  await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(lease));
  const flags = [
    `--dns-zone=${CHALLENGE_ZONE}`,
    `--dns-listen=127.0.0.2:${chain.dnsPort}`,
    '--dns-nameserver=ns.example.net',
    '--leader-elect=true',
    '--leader-election-namespace=cert-manager',
  ];
  return startController(cluster, flags, { ready: /"leader":"nobody"/ });
}
