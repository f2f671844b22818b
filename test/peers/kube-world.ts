import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { KubeClient } from '../../src/kube/api/client.ts';
import { isKubeError } from '../../src/kube/api/kube-error.ts';
import type { ObjectKey } from '../../src/kube/api/object.ts';
import { secretBytes, secrets } from '../../src/kube/api/secret.ts';
import type { Secret } from '../../src/kube/api/secret.ts';
import { conditionOf, isTrue } from '../../src/kube/conditions.ts';
import { certificateRequestResource } from '../../src/kube/schema/certificate-request.ts';
import type { CertificateRequest } from '../../src/kube/schema/certificate-request.ts';
import type { CertificateSpec } from '../../src/kube/schema/certificate-spec.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import type { Certificate } from '../../src/kube/schema/certificate.ts';
import { clusterIssuerResource, issuerResource } from '../../src/kube/schema/issuer.ts';
import type { IssuerSpec } from '../../src/kube/schema/issuer-fields.ts';
import { startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { installOurCrds, startController, waitForObject } from './kube-controller.ts';
import type { RunningProcess } from './process.ts';

/** A cluster with our controller in it, and the words that tests about Certificates are written in. */
export interface KubeWorld {
  readonly cluster: KubeCluster;
  readonly client: KubeClient;
  /** The controller; a test that has killed it starts another. */
  controller: RunningProcess;
  start(flags?: readonly string[]): Promise<RunningProcess>;
  /** A Certificate, as a user makes it. */
  create(name: string, spec: CertificateSpec, metadata?: Partial<Certificate['metadata']>): Promise<Certificate>;
  /** Changes its spec by a merge patch. */
  change(name: string, spec: Readonly<Record<string, unknown>>): Promise<Certificate>;
  certificate(name: string): Promise<Certificate | undefined>;
  /** What an observer takes for done: Ready for the newest generation, nothing under way, no next key. */
  ready(name: string, timeout?: number): Promise<Certificate>;
  until(name: string, test: (certificate: Certificate) => boolean, timeout?: number): Promise<Certificate>;
  secret(name: string): Promise<Secret | undefined>;
  secretUntil(name: string, test: (secret: Secret) => boolean, timeout?: number): Promise<Secret>;
  requestsOf(certificate: string): Promise<readonly CertificateRequest[]>;
  /** As `cmctl renew` does: the condition Issuing, set by anybody. */
  renew(name: string): Promise<void>;
  issuer(name: string, spec: IssuerSpec): Promise<void>;
  clusterIssuer(name: string, spec: IssuerSpec): Promise<void>;
  /** Until it is Ready. */
  issuerReady(name: string, kind?: 'Issuer' | 'ClusterIssuer'): Promise<void>;
}

export const NAMESPACE = 'default';
const CALL_TIMEOUT = 20_000;

export async function startKubeWorld(t: TestContext, flags: readonly string[] = []): Promise<KubeWorld> {
  const cluster = await startKubeCluster({ controllers: true });
  t.after(() => cluster.stop());
  await installOurCrds(cluster);
  await cluster.kubectl(['create', 'namespace', 'cert-manager']);
  const start = async (more: readonly string[] = []) => {
    const controller = await startController(cluster, [...flags, ...more]);
    t.after(() => controller.stop('SIGKILL'));
    return controller;
  };
  return createWorld(cluster, await start(), start);
}

function createWorld(cluster: KubeCluster, controller: RunningProcess, start: KubeWorld['start']): KubeWorld {
  const { client } = cluster;
  const soon = () => ({ signal: AbortSignal.timeout(CALL_TIMEOUT) });
  const at = (name: string) => ({ namespace: NAMESPACE, name });

  const until: KubeWorld['until'] = async (name, test, timeout) => {
    const found = await waitForObject(
      client,
      certificateResource,
      at(name),
      (certificate) => certificate !== undefined && test(certificate),
      timeout,
    );
    assert.ok(found);
    return found;
  };

  return {
    cluster,
    client,
    controller,
    start,
    create: (name, spec, metadata = {}) =>
      client.create(certificateResource, { metadata: { ...metadata, ...at(name) }, spec }, soon()),
    change: (name, spec) => client.patch(certificateResource, at(name), { type: 'merge', body: { spec } }, soon()),
    certificate: (name) => client.get(certificateResource, at(name), soon()),
    ready: (name, timeout) => until(name, isDone, timeout),
    until,
    secret: (name) => client.get(secrets, at(name), soon()),
    async secretUntil(name, test, timeout) {
      const found = await waitForObject(
        client,
        secrets,
        at(name),
        (secret) => secret !== undefined && test(secret),
        timeout,
      );
      assert.ok(found);
      return found;
    },
    async requestsOf(certificate) {
      const { metadata } = (await client.get(certificateResource, at(certificate), soon())) ?? {};
      const found: CertificateRequest[] = [];
      for await (const { items } of client.list(certificateRequestResource, { namespace: NAMESPACE }, soon())) {
        found.push(...items);
      }
      return found.filter((request) => request.metadata.ownerReferences?.some(({ uid }) => uid === metadata?.uid));
    },
    renew: (name) => renew(client, at(name)),
    async issuer(name, spec) {
      await client.create(issuerResource, { metadata: at(name), spec }, soon());
    },
    async clusterIssuer(name, spec) {
      await client.create(clusterIssuerResource, { metadata: { name }, spec }, soon());
    },
    async issuerReady(name, kind = 'Issuer') {
      const resource = kind === 'Issuer' ? issuerResource : clusterIssuerResource;
      const key = kind === 'Issuer' ? at(name) : { name };
      await waitForObject(client, resource, key, (issuer) => isTrue(issuer?.status?.conditions, 'Ready'));
    },
  };
}

/** As `cmctl renew` does: the condition Issuing, set by anybody. Again, when the controller wrote at the same moment. */
export async function renew(client: KubeClient, key: ObjectKey, tries = 5): Promise<void> {
  const options = () => ({ signal: AbortSignal.timeout(CALL_TIMEOUT) });
  const certificate = await client.get(certificateResource, key, options());
  assert.ok(certificate);
  const issuing = {
    type: 'Issuing',
    status: 'True',
    reason: 'ManuallyTriggered',
    message: 'Certificate re-issuance manually triggered',
    lastTransitionTime: new Date().toISOString().replace(/\.\d+/, ''),
    observedGeneration: certificate.metadata.generation,
  } as const;
  const conditions = (certificate.status?.conditions ?? []).filter(({ type }) => type !== 'Issuing');
  const status = { ...certificate.status, conditions: [...conditions, issuing] };
  try {
    await client.updateStatus(certificateResource, { ...certificate, status }, options());
  } catch (error) {
    if (tries <= 1 || !isKubeError(error, 'kube-conflict')) throw error;
    await renew(client, key, tries - 1);
  }
}

export function isDone({ metadata, status }: Certificate): boolean {
  const ready = conditionOf(status?.conditions, 'Ready');
  return (
    ready?.status === 'True' &&
    ready.observedGeneration === metadata.generation &&
    !isTrue(status?.conditions, 'Issuing') &&
    status?.nextPrivateKeySecretName === undefined
  );
}

export function textIn(secret: Secret, name: string): string {
  return Buffer.from(secretBytes(secret, name) ?? []).toString('utf8');
}

export function reasonOf(certificate: Certificate, type: 'Ready' | 'Issuing'): string | undefined {
  return conditionOf(certificate.status?.conditions, type)?.reason;
}
