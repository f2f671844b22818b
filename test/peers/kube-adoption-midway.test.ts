import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after as afterAll, before as beforeAll, describe, test } from 'node:test';
import type { KubeObject } from '../../src/kube/api/object.ts';
import { listAll } from '../../src/kube/api/list-all.ts';
import { secrets } from '../../src/kube/api/secret.ts';
import type { Secret } from '../../src/kube/api/secret.ts';
import { certificateRequestResource } from '../../src/kube/schema/certificate-request.ts';
import type { CertificateRequest } from '../../src/kube/schema/certificate-request.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import type { Certificate } from '../../src/kube/schema/certificate.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { installOurCrds, waitForObject } from './kube-controller.ts';
import { runInProcess } from './kube-in-process.ts';
import type { InProcessController } from './kube-in-process.ts';
import { loadObjects } from './kube-load.ts';
import { assertIssued } from './kube-observer.ts';
import { readRecording, recordedState, RECORDED_AT } from './kube-recording.ts';
import { isDone, textIn } from './kube-world.ts';

// cert-manager stopped after each single thing that it wrote for a Certificate: its first issuance, a renewal, another spec, a Secret made anew. What
// was in flight is brought to its end with the objects that are there.

const steps = readRecording();
const REVISION = 'cert-manager.io/certificate-revision';
const MINUTE = 60_000;

interface Moment {
  readonly namespace: string;
  readonly certificate: string;
  readonly what: string;
  readonly objects: readonly KubeObject[];
  /** Which revision cert-manager came to. */
  readonly revision: number;
}

const MOMENTS: readonly Moment[] = ['root', 'leaf'].flatMap(momentsOf);

function momentsOf(certificate: string): Moment[] {
  const isOwn = (of: string) =>
    new RegExp(`^(Certificate/${certificate}|(Secret|CertificateRequest)/${certificate}-.*)$`).test(of);
  return steps.flatMap((step, index) => {
    if (step.type === 'EVENT' || !isOwn(step.of)) return [];
    const objects = stateFor(certificate, index);
    const revision = revisionAfter(certificate, index);
    if (
      revision === undefined ||
      !objects.some(({ kind, metadata }) => kind === 'Certificate' && metadata.name === certificate)
    )
      return [];
    const what = `${step.type.toLowerCase()} ${step.of}`;
    return [{ namespace: `${certificate}-${index}`, certificate, what, objects, revision }];
  });
}

/** The Certificate with all that is its, and what it needs. */
function stateFor(certificate: string, last: number): readonly KubeObject[] {
  const wanted = new RegExp(`^(${certificate}|root|ca|keystore-password)(-|$)`);
  return recordedState(steps, last).filter(
    ({ metadata }) => metadata.namespace === 'default' && wanted.test(metadata.name),
  );
}

function revisionAfter(certificate: string, from: number): number | undefined {
  for (let index = from; index < steps.length; index += 1) {
    const state = stateFor(certificate, index);
    const found = state.find(({ kind, metadata }) => kind === 'Certificate' && metadata.name === certificate) as
      | Certificate
      | undefined;
    const hasSecret = state.some(({ kind, metadata }) => kind === 'Secret' && metadata.name === `${certificate}-tls`);
    if (found !== undefined && hasSecret && isDone(found)) return found.status?.revision;
  }
  return undefined;
}

describe('taking over in the middle of an issuance', { skip: kubeClusterSkip(), timeout: 160_000 }, () => {
  let cluster: KubeCluster;
  let controller: InProcessController;
  beforeAll(async () => {
    cluster = await startKubeCluster({ controllers: true });
    await installOurCrds(cluster);
    const { client, kubectl } = cluster;
    const clusterIssuer = recordedState(steps, steps.length - 1).filter(
      ({ metadata }) => metadata.name === 'selfsigned',
    );
    await loadObjects(client, clusterIssuer, '');
    const namespaces = [...MOMENTS.map(({ namespace }) => namespace), 'failed-now', 'failed-long-ago'];
    const yaml = namespaces
      .map((name) => JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
      .join('\n---\n');
    await kubectl(['create', '-f', '-'], yaml);
    for (let first = 0; first < MOMENTS.length; first += 8) {
      await Promise.all(
        MOMENTS.slice(first, first + 8).map(({ objects, namespace }) => loadObjects(client, objects, namespace)),
      );
    }
    await loadObjects(client, failedAt(RECORDED_AT - 10 * MINUTE), 'failed-now');
    await loadObjects(client, failedAt(RECORDED_AT - 61 * MINUTE), 'failed-long-ago');
    controller = runInProcess(cluster, { startAt: RECORDED_AT });
  });
  afterAll(async () => {
    await controller?.stop();
    await cluster?.stop();
  });

  const soon = () => ({ signal: AbortSignal.timeout(20_000) });
  const done = async (namespace: string, name: string): Promise<Certificate> => {
    const found = await waitForObject(
      cluster.client,
      certificateResource,
      { namespace, name },
      (made) => made !== undefined && isDone(made),
      90_000,
    );
    assert.ok(found);
    return found;
  };

  for (const moment of MOMENTS) {
    test(`${moment.namespace}: ${moment.what}`, async () => {
      const { namespace, certificate: name, objects, revision } = moment;
      const certificate = await done(namespace, name);
      assert.equal(certificate.status?.revision, revision);
      const secret = await cluster.client.get(secrets, { namespace, name: `${name}-tls` }, soon());
      assert.ok(secret);
      assertIssued(certificate, secret, name === 'root' ? 'selfSigned' : 'ca');
      const key = createPublicKey(textIn(secret, 'tls.key'));

      const asked = objects.find(
        ({ kind, metadata }) => kind === 'CertificateRequest' && metadata.name === `${name}-${revision}`,
      ) as CertificateRequest | undefined;
      const created = controller.writes.filter((write) =>
        write.startsWith(`create CertificateRequest ${namespace}/${name}-`),
      );
      assert.equal(created.length, asked === undefined && !isAtRest(moment) ? 1 : 0, created.join(', '));
      if (asked?.status?.certificate !== undefined) {
        assert.equal(textIn(secret, 'tls.crt'), Buffer.from(asked.status.certificate, 'base64').toString());
      }
      const nextKey = objects.find(
        ({ kind, metadata }) =>
          kind === 'Secret' &&
          metadata.labels?.['cert-manager.io/next-private-key'] === 'true' &&
          metadata.name.startsWith(`${name}-`),
      ) as Secret | undefined;
      if (nextKey !== undefined && !isAtRest(moment))
        assert.ok(createPublicKey(textIn(nextKey, 'tls.key')).equals(key), 'the key that was made for it');
      // The last write of all may come after the Certificate says that it is done.
      await waitForObject(
        cluster.client,
        secrets,
        { namespace, name: nextKey?.metadata.name ?? 'none' },
        (left) => left === undefined,
      );
      const { items } = await listAll(cluster.client, certificateRequestResource, { namespace }, soon());
      const own = items.filter(({ metadata }) => metadata.annotations?.['cert-manager.io/certificate-name'] === name);
      assert.ok(own.some(({ metadata }) => metadata.annotations?.[REVISION] === String(revision)));
    });
  }

  test('what failed a moment ago waits for its hour, and is tried again when that is over', async () => {
    const again = await done('failed-long-ago', 'leaf');
    assert.deepEqual([again.status?.revision, again.status?.failedIssuanceAttempts], [1, undefined]);
    assert.deepEqual(
      controller.writes.filter((write) => write.includes(' failed-now/leaf')),
      [],
    );
  });
});

/** Whether nothing has to be issued: only what is left over has to go. */
function isAtRest({ certificate, objects, revision }: Moment): boolean {
  const found = objects.find(
    ({ kind, metadata }) => kind === 'Certificate' && metadata.name === certificate,
  ) as Certificate;
  const secret = objects.some(({ kind, metadata }) => kind === 'Secret' && metadata.name === `${certificate}-tls`);
  return secret && found.status?.revision === revision;
}

/** As the first issuance of leaf, refused by the issuer. */
function failedAt(time: number): readonly KubeObject[] {
  const at = `${new Date(time).toISOString().slice(0, 19)}Z`;
  const index = steps.findIndex((step) => step.type === 'MODIFIED' && step.of === 'CertificateRequest/leaf-1');
  const message = 'The certificate request has failed to complete and will be retried: refused';
  return stateFor('leaf', index).flatMap((object) => {
    if (object.kind === 'Secret' && object.metadata.name.startsWith('leaf-')) return [];
    if (object.kind === 'CertificateRequest' && object.metadata.name === 'leaf-1') {
      const { status } = object as CertificateRequest;
      const ready = { type: 'Ready', status: 'False', reason: 'Failed', message: 'refused', lastTransitionTime: at };
      return [
        { ...object, status: { conditions: [...(status?.conditions ?? []), ready], failureTime: at } } as KubeObject,
      ];
    }
    if (object.kind === 'Certificate' && object.metadata.name === 'leaf') {
      const { status } = object as Certificate;
      const conditions = (status?.conditions ?? []).map((condition) =>
        condition.type === 'Issuing'
          ? { ...condition, status: 'False', reason: 'Failed', message, lastTransitionTime: at }
          : condition,
      );
      return [{ ...object, status: { conditions, failedIssuanceAttempts: 1, lastFailureTime: at } } as KubeObject];
    }
    return [object];
  });
}
