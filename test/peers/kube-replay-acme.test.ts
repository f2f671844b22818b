import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { secrets } from '../../src/kube/api/secret.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import { clusterIssuerResource } from '../../src/kube/schema/issuer.ts';
import { isTrue } from '../../src/kube/conditions.ts';
import { startEvercert, writeConfig } from './evercert.ts';
import type { RunningEvercert } from './evercert.ts';
import { freePort } from './free-port.ts';
import { issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { waitForObject } from './kube-controller.ts';
import { assertIssued, assertWalk } from './kube-observer.ts';
import { applyRecorded, readRecording } from './kube-recording.ts';
import { compareStories, storyOf } from './kube-story.ts';
import type { Difference } from './kube-story.ts';
import { watchCluster } from './kube-watcher.ts';
import type { ClusterWatcher } from './kube-watcher.ts';
import { peers } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

// The recorded steps with ACME, through an acme-dns server (which is evercert as well): apex and wildcard, `waitInsteadOfSelfCheck`, a domain without
// an account, and a Certificate that is deleted and made again.

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');
const NAMES =
  /^(Secret|Certificate|CertificateRequest|Order|Challenge|ClusterIssuer)\/(acme-wild|acme-nowait|no-account|pebble)/;

const EXPECTED: readonly Difference[] = [
  ...both(/^ClusterIssuer\/pebble\S* spec acme=/, 'another CA, at another port'),
  {
    who: 'cert-manager',
    lines: /^(CertificateRequest|Order|Challenge)\/\S+ event Normal /,
    why: 'that all goes well is told by the Certificate',
  },
  {
    who: 'cert-manager',
    lines:
      /^CertificateRequest\/\S+ condition Ready=False Pending: (Created Order|Waiting for order-controller|Waiting on .+: "(ready)?"$)/,
    why: 'what lasts for a moment is not written',
  },
  { who: 'cert-manager', lines: /^Order\/\S+ state ready$/, why: 'it is finalized at once' },
  {
    who: 'cert-manager',
    lines:
      /^Challenge\/acme-wild\S+ (state pending|status presentedAt|reason Waiting for DNS-01 challenge propagation)/,
    why: 'what is over within 0.4 s is written when it is over',
    sometimes: true,
  },
  ...both(
    /^Challenge\/acme-nowait\S+ reason Waiting [\d.]+m?s before accepting/,
    'written once, and not as a countdown',
  ),
  {
    who: 'evercert',
    lines: /^CertificateRequest\/acme-nowait-1 condition Ready=False Pending: .+"pending": Waiting 3s before accepting/,
    why: 'what an order waits for is passed on',
  },
  {
    who: 'evercert',
    lines: /^Certificate\/(acme-nowait|no-account) condition Issuing=True \S+: .+ \(waiting: .+\)$/,
    why: 'and stands in the Certificate',
  },
  { who: 'evercert', lines: /^Order\/\S+ status reason$/, why: 'and in the Order' },
  { who: 'evercert', lines: /^Certificate\/\S+ status acme$/, why: 'the CA is asked when to renew' },
  {
    who: 'cert-manager',
    lines: /^Challenge\/no-account\S+ |^Order\/no-account\S+ status (authorizations|finalizeURL|url)$/,
    why: 'nothing is ordered before the CNAME is there',
  },
  {
    who: 'evercert',
    lines: /^(Certificate|Order)\/no-account\S* event Warning DelegationMissing: .+add at your DNS provider/,
    why: 'an account is registered, and the CNAME that it needs is said',
  },
  {
    who: 'evercert',
    lines: /^CertificateRequest\/no-account-1 condition Ready=False Pending: .+add at your DNS provider/,
    why: 'the same in the request',
  },
];

function both(lines: RegExp, why: string): Difference[] {
  return [
    { who: 'cert-manager', lines, why },
    { who: 'evercert', lines, why },
  ];
}

describe('the recorded steps with ACME, played with evercert', { skip, timeout: 150_000 }, () => {
  const recorded = readRecording();
  let world: KubeAcmeWorld;
  let server: RunningEvercert;
  let watcher: ClusterWatcher;
  const folder = tempFolder('kube-replay');
  before(async () => {
    world = await startKubeAcmeWorld({ foreignZone: true });
    const apiPort = await freePort();
    const api = `http://127.0.0.1:${apiPort}`;
    const config = writeConfig(world.chain, { folder: folder.path, apiPort });
    server = await startEvercert(['serve', '--config', config], {
      ready: async () => (await fetch(`${api}/health`)).ok,
    });
    watcher = await watchCluster(world.cluster.client);
    await play(api);
  });
  after(async () => {
    await watcher?.stop();
    await server?.process.stop();
    await world?.stop();
    folder.remove();
  });

  async function play(api: string): Promise<void> {
    const { client, kubectl } = world.cluster;
    const accounts: Record<string, { fulldomain: string }> = {};
    for (const domain of ['site0.example.org', 'site1.example.org']) {
      accounts[domain] = (await (await fetch(`${api}/register`, { method: 'POST' })).json()) as { fulldomain: string };
    }
    await world.chain.addCnames(
      Object.entries(accounts).map(([domain, { fulldomain }]) => [`_acme-challenge.${domain}`, fulldomain] as const),
    );
    const metadata = { name: 'acme-dns', namespace: 'cert-manager' };
    const stringData = { 'acmedns.json': JSON.stringify(accounts) };
    await world.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData }));
    const email = '    email: admin@example.org';
    for (const name of ['pebble', 'pebble-nowait']) {
      const solver = `acmeDNS: { host: "${api}", accountSecretRef: { name: acme-dns, key: acmedns.json } }`;
      const wait = name === 'pebble' ? '' : '\n      waitInsteadOfSelfCheck: 3s';
      const yaml = issuerYaml(world.chain, { name, solver: solver + wait, acme: email });
      await world.apply(yaml.replace(`name: ${name}-account`, `name: ${name}-account-key`));
      await waitForObject(client, clusterIssuerResource, { name }, (seen) => isTrue(seen?.status?.conditions, 'Ready'));
    }
    const certificates = ['Certificate/acme-wild', 'Certificate/no-account', 'Certificate/acme-nowait'];
    await applyRecorded(world.cluster, recorded, certificates);
    await Promise.all([world.untilReady('acme-wild'), world.untilReady('acme-nowait')]);
    await world.untilSaid('no-account', /add at your DNS provider/);
    const key = { namespace: 'default', name: 'acme-wild' };
    const issued = await client.get(
      secrets,
      { ...key, name: 'acme-wild-tls' },
      { signal: AbortSignal.timeout(10_000) },
    );
    await kubectl(['delete', 'certificate', 'acme-wild']);
    await waitForObject(client, certificateResource, key, (seen) => seen === undefined);
    await applyRecorded(world.cluster, recorded, ['Certificate/acme-wild'], 'last');
    await world.untilReady('acme-wild');
    const kept = await client.get(secrets, { ...key, name: 'acme-wild-tls' }, { signal: AbortSignal.timeout(10_000) });
    assert.deepEqual(kept?.data, issued?.data);
  }

  test('a watcher sees what it saw of cert-manager, but for what is meant to differ', async () => {
    const isOf = (of: string) => NAMES.test(of);
    const theirs = storyOf(recorded, isOf);
    const compared = () => compareStories(theirs, storyOf(watcher.steps, isOf), EXPECTED);
    await watcher.until(() => compared().onlyCertManager.length + compared().notMet.length === 0);
    assert.deepEqual(compared(), { onlyCertManager: [], onlyEvercert: [], notMet: [] });
  });

  for (const name of ['acme-wild', 'acme-nowait']) {
    test(`${name}: the walk of an issuance, and what came of it`, async () => {
      assertWalk(recorded, name, 'acme');
      assertWalk(watcher.steps, name, 'acme');
      const soon = { signal: AbortSignal.timeout(10_000) };
      const { client } = world.cluster;
      const certificate = await client.get(certificateResource, { namespace: 'default', name }, soon);
      const secret = await client.get(secrets, { namespace: 'default', name: `${name}-tls` }, soon);
      assert.ok(certificate && secret);
      assertIssued(certificate, secret, 'acme');
    });
  }
});
