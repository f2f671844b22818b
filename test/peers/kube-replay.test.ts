import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { secrets } from '../../src/kube/api/secret.ts';
import { conditionOf, isTrue } from '../../src/kube/conditions.ts';
import { certificateRequestResource } from '../../src/kube/schema/certificate-request.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import type { Certificate } from '../../src/kube/schema/certificate.ts';
import { issuerResource } from '../../src/kube/schema/issuer.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { installOurCrds, startController, waitForObject } from './kube-controller.ts';
import { assertIssued, assertWalk } from './kube-observer.ts';
import { applyRecorded, readRecording } from './kube-recording.ts';
import type { RunningProcess } from './process.ts';
import { compareStories, storyOf } from './kube-story.ts';
import type { Difference } from './kube-story.ts';
import { watchCluster } from './kube-watcher.ts';
import type { ClusterWatcher } from './kube-watcher.ts';
import { isDone, renew } from './kube-world.ts';

// The steps of the recording that need no CA in the network, played with evercert by the same YAML. What a watcher sees is what it saw of cert-manager.

const NAMES =
  /^(Secret|Certificate|CertificateRequest|Issuer|ClusterIssuer|Ingress|Gateway)\/(selfsigned|root|ca|leaf|shop|edge|twin|byhand|orphan|unreachable)/;

const EXPECTED: readonly Difference[] = [
  {
    who: 'cert-manager',
    lines: /^CertificateRequest\/\S+ event Normal cert-manager\.io: Certificate request has been approved/,
    why: 'the condition Approved says it',
  },
  {
    who: 'cert-manager',
    lines: /^CertificateRequest\/(root|leaf|shop-tls|edge-tls|twin-a)-\d event Normal CertificateIssued: /,
    why: 'the Certificate has an event for it',
  },
  {
    who: 'cert-manager',
    lines: /^CertificateRequest\/root-1 event Normal WaitingForApproval/,
    why: 'what approves itself does not wait; cert-manager has five of them for each request',
  },
  { who: 'cert-manager', lines: /^CertificateRequest\/\S+ spec duration="\d+h0m0s"/, why: 'as it was written' },
  { who: 'evercert', lines: /^CertificateRequest\/\S+ spec duration="\d+h"/, why: 'as it was written' },
  {
    who: 'evercert',
    lines: /^Certificate\/\S+ condition Issuing=True \S+: .+ \(waiting: .+\)$/,
    why: 'what is waited for stands in the Certificate',
  },
  {
    who: 'evercert',
    lines: /^Certificate\/twin-b event Warning DuplicateSecretName/,
    why: 'two Certificates with one Secret are told so',
  },
  {
    who: 'cert-manager',
    lines: /^Certificate\/twin-b condition Ready=False DoesNotExist/,
    why: 'before the other one had its Secret',
    sometimes: true,
  },
  {
    who: 'cert-manager',
    lines: /^Issuer\/ca (condition Ready=False|event Warning) (ErrGetKeyPair|ErrInitIssuer)/,
    why: 'before root had its Secret',
    sometimes: true,
  },
  {
    who: 'evercert',
    lines: /^Issuer\/ca (condition Ready=False|event Warning) (ErrGetKeyPair|ErrInitIssuer)/,
    why: 'before root had its Secret',
    sometimes: true,
  },
  {
    who: 'cert-manager',
    lines: /^Issuer\/unreachable condition Ready=False InvalidSolver: .+"acme-dns" not found/,
    why: 'accounts that are missing are registered',
  },
  {
    who: 'evercert',
    lines:
      /^Issuer\/unreachable (condition Ready=False|event Warning) ErrRegisterACMEAccount: .+127\.0\.0\.1:1 cannot be reached/,
    why: 'the CA is what it lacks',
  },
  { who: 'cert-manager', lines: /^Issuer\/unreachable status acme$/, why: 'an empty one is left out' },
];

describe('the recorded steps, played with evercert', { skip: kubeClusterSkip(), timeout: 150_000 }, () => {
  const recorded = readRecording();
  let cluster: KubeCluster;
  let controller: RunningProcess;
  let watcher: ClusterWatcher;
  before(async () => {
    cluster = await startKubeCluster({ controllers: true });
    await Promise.all([installOurCrds(cluster), cluster.installGatewayApi()]);
    await cluster.kubectl(['create', 'namespace', 'cert-manager']);
    controller = await startController(cluster, ['--enable-gateway-api']);
    watcher = await watchCluster(cluster.client);
    await play();
  });
  after(async () => {
    await watcher?.stop();
    await controller?.stop('SIGKILL');
    await cluster?.stop();
  });

  const at = (name: string) => ({ namespace: 'default', name });
  const until = (name: string, test_: (seen: Certificate) => boolean) =>
    waitForObject(cluster.client, certificateResource, at(name), (seen) => seen !== undefined && test_(seen));
  const issued = (name: string, revision = 1) =>
    until(name, (seen) => isDone(seen) && seen.status?.revision === revision);

  const apply = (...names: readonly string[]) => applyRecorded(cluster, recorded, names);
  const patch = (kind: string, name: string, body: object) =>
    cluster.kubectl(['patch', kind, name, '--type=merge', '-p', JSON.stringify(body)]);

  async function play(): Promise<void> {
    await apply(
      'ClusterIssuer/selfsigned',
      'Certificate/root',
      'Issuer/ca',
      'Secret/keystore-password',
      'Certificate/leaf',
    );
    await Promise.all([issued('root'), issued('leaf')]);
    await apply('Ingress/shop', 'Gateway/edge');
    await Promise.all([issued('shop-tls'), issued('edge-tls')]);
    await renew(cluster.client, at('leaf'));
    await issued('leaf', 2);
    await patch('certificate', 'leaf', {
      spec: { dnsNames: ['leaf.example.org', 'www.leaf.example.org', 'new.leaf.example.org'] },
    });
    await issued('leaf', 3);
    await patch('certificate', 'leaf', { spec: { secretTemplate: { labels: { other: '1', reflect: null } } } });
    await waitForObject(cluster.client, secrets, at('leaf-tls'), (seen) => seen?.metadata.labels?.['other'] === '1');
    await patch('secret', 'leaf-tls', { data: { extra: 'a2VwdA==' }, metadata: { labels: { mine: 'yes' } } });
    await cluster.kubectl(['delete', 'secret', 'leaf-tls']);
    await issued('leaf', 4);
    await apply('Certificate/orphan', 'Issuer/unreachable', 'CertificateRequest/byhand');
    await waitForObject(
      cluster.client,
      certificateRequestResource,
      at('orphan-1'),
      (seen) => conditionOf(seen?.status?.conditions, 'Ready') !== undefined,
    );
    await waitForObject(
      cluster.client,
      issuerResource,
      at('unreachable'),
      (seen) => conditionOf(seen?.status?.conditions, 'Ready') !== undefined,
    );
    await waitForObject(cluster.client, certificateRequestResource, at('byhand'), (seen) =>
      isTrue(seen?.status?.conditions, 'Ready'),
    );
    await apply('Certificate/twin-a', 'Certificate/twin-b');
    await issued('twin-a');
    await until('twin-b', (seen) => conditionOf(seen.status?.conditions, 'Ready')?.reason === 'IncorrectCertificate');
    await cluster.kubectl(['delete', 'ingress', 'shop']);
    await waitForObject(cluster.client, certificateRequestResource, at('shop-tls-1'), (seen) => seen === undefined);
  }

  test('a watcher sees what it saw of cert-manager, but for what is meant to differ', async () => {
    const isOf = (of: string) => NAMES.test(of);
    const theirs = storyOf(recorded, isOf);
    const compared = () => compareStories(theirs, storyOf(watcher.steps, isOf), EXPECTED);
    // Events and deletions are told a moment later.
    await watcher.until(() => compared().onlyCertManager.length + compared().notMet.length === 0);
    assert.deepEqual(compared(), { onlyCertManager: [], onlyEvercert: [], notMet: [] });
  });

  for (const [name, signer] of [
    ['root', 'selfSigned'],
    ['leaf', 'ca'],
    ['edge-tls', 'ca'],
    ['twin-a', 'ca'],
  ] as const) {
    test(`${name}: the walk of an issuance, and what came of it`, async () => {
      assertWalk(recorded, name, signer);
      assertWalk(watcher.steps, name, signer);
      const soon = { signal: AbortSignal.timeout(10_000) };
      const certificate = await cluster.client.get(certificateResource, at(name), soon);
      assert.ok(certificate);
      const secret = await cluster.client.get(secrets, at(certificate.spec.secretName), soon);
      assert.ok(secret);
      assertIssued(certificate, secret, signer);
    });
  }
});
