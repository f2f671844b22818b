import assert from 'node:assert/strict';
import { after as afterAll, before as beforeAll, describe, test } from 'node:test';
import { foreseeTakeover } from '../../src/app/kube-takeover.ts';
import type { CertificateTakeover } from '../../src/app/kube-takeover.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { KubeObject } from '../../src/kube/api/object.ts';
import { secrets } from '../../src/kube/api/secret.ts';
import type { Secret } from '../../src/kube/api/secret.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import { isTrue } from '../../src/kube/conditions.ts';
import { defaultShimOptions } from '../../src/kube/shim/shim-options.ts';
import { evercert } from '../cli/run-evercert.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { installOurCrds, waitForObject } from './kube-controller.ts';
import { runInProcess } from './kube-in-process.ts';
import type { InProcessController } from './kube-in-process.ts';
import { loadObjects } from './kube-load.ts';
import { readRecording, recordedState, RECORDED_AT } from './kube-recording.ts';
import type { RecordedStep } from './kube-recording.ts';
import { isDone, renew } from './kube-world.ts';

// What cert-manager left behind, taken over by a controller that has never seen it: nothing is written at all.

const steps = readRecording();

/** Moments at which cert-manager had nothing left to do, each in a namespace of its own. */
const MOMENTS: readonly { readonly name: string; readonly last: number }[] = [
  { name: 'renewed-by-hand', last: stepBefore('Certificate/leaf', (spec) => (spec.dnsNames?.length ?? 0) === 3) },
  { name: 'foreign-keys-in-secret', last: stepBefore('Secret/leaf-tls', undefined, 'DELETED') },
  { name: 'secret-made-anew', last: stepBefore('Certificate/orphan', undefined, 'ADDED') },
  { name: 'at-the-end', last: steps.length - 1 },
];

/** What was not at rest, and cannot be without its CA. */
const NEVER_DONE = /^(orphan|no-account|unreachable)/;
const DONE_LATE = /^(orphan|no-account|unreachable|acme-)/;

describe('taking over what cert-manager left', { skip: kubeClusterSkip(), timeout: 120_000 }, () => {
  let cluster: KubeCluster;
  let controller: InProcessController;
  let foreseen: readonly CertificateTakeover[];
  const loaded: KubeObject[] = [];
  beforeAll(async () => {
    cluster = await startKubeCluster({ controllers: true });
    await Promise.all([installOurCrds(cluster), cluster.installGatewayApi()]);
    await loadAll();
    const { certificates } = await foreseeTakeover(
      cluster.client,
      {
        namespace: undefined,
        ownZone: undefined,
        clusterResourceNamespace: 'cert-manager',
        certificateOwnerRef: false,
        shims: defaultShimOptions,
        look: undefined,
      },
      { ...systemClock, now: () => RECORDED_AT },
      AbortSignal.timeout(30_000),
    );
    foreseen = certificates;
    controller = runInProcess(cluster, { startAt: RECORDED_AT });
    await lookedAtAll();
  });
  afterAll(async () => {
    await controller?.stop();
    await cluster?.stop();
  });

  async function loadAll(): Promise<void> {
    const { client, kubectl } = cluster;
    await kubectl(['create', 'namespace', 'cert-manager']);
    const shared = recordedState(steps, steps.length - 1).filter(
      ({ kind, metadata }) => kind === 'ClusterIssuer' || metadata.namespace === 'cert-manager',
    );
    loaded.push(...(await loadObjects(client, shared, 'cert-manager')));
    const accounts = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'acme-dns', namespace: 'cert-manager' } };
    await kubectl(['apply', '-f', '-'], JSON.stringify({ ...accounts, stringData: { 'acmedns.json': '{}' } }));
    for (const { name, last } of MOMENTS) {
      await kubectl(['create', 'namespace', name]);
      const own = recordedState(steps, last).filter(
        ({ metadata }) =>
          metadata.namespace === 'default' && !(name === 'at-the-end' ? NEVER_DONE : DONE_LATE).test(metadata.name),
      );
      loaded.push(...(await loadObjects(client, own, name)));
    }
  }

  /** New Certificates, made after all others were seen, are issued when those have been looked at. */
  async function lookedAtAll(): Promise<void> {
    for (const name of ['first', 'second']) {
      const spec = {
        secretName: name,
        dnsNames: ['sentinel.example.org'],
        privateKey: { algorithm: 'ECDSA' as const },
        issuerRef: { kind: 'ClusterIssuer', name: 'selfsigned' },
      };
      const key = { namespace: 'default', name };
      await cluster.client.create(
        certificateResource,
        { metadata: key, spec },
        { signal: AbortSignal.timeout(10_000) },
      );
      await waitForObject(
        cluster.client,
        certificateResource,
        key,
        (made) => isTrue(made?.status?.conditions, 'Ready'),
        60_000,
      );
    }
  }

  test('the API server has the objects as cert-manager left them', async () => {
    const [secret] = loaded.filter(({ kind, metadata }) => kind === 'Secret' && metadata.name === 'leaf-tls');
    assert.ok(secret?.metadata.managedFields?.some(({ manager }) => manager === 'cert-manager-certificates-issuing'));
    assert.ok(loaded.length > 60, `${loaded.length} objects`);
  });

  test('what will be done is told beforehand: nothing', () => {
    for (const { name, namespace, takeover } of foreseen) {
      const expected = name === 'twin-b' ? { kind: 'shares', owner: 'twin-a' } : { kind: 'stays', repair: undefined };
      const { renewalTime: _, ...told } = { renewalTime: undefined, ...takeover };
      assert.deepEqual(told, expected, `${namespace}/${name}`);
    }
    assert.equal(foreseen.length, loaded.filter(({ kind }) => kind === 'Certificate').length);
  });

  test('evercert kube check takeover', { timeout: 30_000 }, async () => {
    const env = { KUBECONFIG: cluster.kubeconfig };
    const told = await evercert(['kube', 'check', 'takeover'], { env });
    assert.equal(told.code, 0, told.stderr);
    assert.match(
      told.stdout,
      /(^|\n)1 not issued: its Secret is that of another Certificate\n {2}at-the-end\/twin-b\n/,
    );
    for (const line of told.stdout.split('\n')) assert.ok(line.length <= 80, line);
    const { stdout } = await evercert(['kube', 'check', 'takeover', '-n', 'at-the-end', '-o', 'json'], { env });
    const { certificates: parsed } = JSON.parse(stdout) as {
      certificates: { namespace: string; name: string; kind: string }[];
    };
    assert.equal(parsed.length, foreseen.filter(({ namespace }) => namespace === 'at-the-end').length);
    assert.ok(parsed.every(({ namespace, kind }) => namespace === 'at-the-end' && kind !== ''));
  });

  test('nothing of it is written', () => {
    const written = controller.writes.filter((write) => !write.includes(' default/'));
    // When to renew is asked of the CA, which is not there: that this is so is kept.
    assert.deepEqual(written.toSorted(), [
      'status Certificate at-the-end/acme-nowait',
      'status Certificate at-the-end/acme-wild',
    ]);
  });

  test(
    'renewed, everything is as cert-manager would have left it: owners of fields, keys, labels and annotations',
    { timeout: 60_000 },
    async () => {
      const place = { namespace: 'foreign-keys-in-secret', name: 'leaf-tls' };
      const read = () => cluster.client.get(secrets, place, { signal: AbortSignal.timeout(10_000) });
      const before = await read();
      await renew(cluster.client, { ...place, name: 'leaf' });
      const [, after] = [
        await waitForObject(
          cluster.client,
          certificateResource,
          { ...place, name: 'leaf' },
          (found) => found !== undefined && isDone(found) && found.status?.revision === 4,
        ),
        await read(),
      ];
      assert.ok(before && after);
      assert.notEqual(after.data?.['tls.crt'], before.data?.['tls.crt']);
      assert.deepEqual(ownership(after), ownership(before));
      assert.deepEqual(Object.keys(after.data ?? {}).toSorted(), Object.keys(before.data ?? {}).toSorted());
      assert.deepEqual([after.data?.['extra'], after.metadata.labels?.['mine']], [before.data?.['extra'], 'yes']);
      assert.deepEqual(
        [after.type, after.metadata.labels, after.metadata.annotations],
        [before.type, before.metadata.labels, before.metadata.annotations],
      );
    },
  );

  test(
    'a template that shrinks takes from the Secret what cert-manager had put there, and nothing else',
    { timeout: 60_000 },
    async () => {
      const place = { namespace: 'secret-made-anew', name: 'leaf' };
      const patch = {
        type: 'merge',
        body: { spec: { secretTemplate: { labels: null, annotations: { reloader: null, added: 'yes' } } } },
      } as const;
      await cluster.client.patch(certificateResource, place, patch, { signal: AbortSignal.timeout(10_000) });
      const secret = await waitForObject(
        cluster.client,
        secrets,
        { ...place, name: 'leaf-tls' },
        (found) => found?.metadata.annotations?.['added'] === 'yes',
      );
      assert.deepEqual(secret?.metadata.labels, { 'controller.cert-manager.io/fao': 'true' });
      assert.equal(secret?.metadata.annotations?.['reloader'], undefined);
      const recorded = loaded.find(
        ({ metadata }) => metadata.namespace === place.namespace && metadata.name === 'leaf-tls',
      ) as Secret;
      assert.deepEqual(secret?.data, recorded.data);
    },
  );
});

/** Who owns which fields, without when. */
function ownership({ metadata }: KubeObject): unknown {
  return (metadata.managedFields ?? [])
    .map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }))
    .toSorted((one, other) => (`${one.manager}${one.operation}` < `${other.manager}${other.operation}` ? -1 : 1));
}

/** The step before the first one that is about this object, and has such a spec. */
function stepBefore(
  of: string,
  isIt: ((spec: { dnsNames?: readonly string[] }) => boolean) | undefined,
  type?: RecordedStep['type'],
): number {
  const found = steps.findIndex(
    (step) =>
      step.type !== 'EVENT' &&
      step.of === of &&
      (type === undefined || step.type === type) &&
      (isIt === undefined || isIt((step.object as unknown as { spec: { dnsNames?: readonly string[] } }).spec)),
  );
  if (found === -1) throw new Error(`${of} was not recorded so`);
  return found - 1;
}
