import type { Clock } from '../core/clock.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { createInformer } from '../kube/api/informer.ts';
import type { Informer } from '../kube/api/informer.ts';
import { createSecretCache } from '../kube/api/secret-cache.ts';
import type { SecretCache } from '../kube/api/secret-cache.ts';
import { challengeIndexes, orderIndexes } from '../kube/acme/acme-indexes.ts';
import { slimOrder } from '../kube/acme/slim-order.ts';
import { certificateIndexes, requestIndexes } from '../kube/indexes.ts';
import { certificateRequestResource } from '../kube/schema/certificate-request.ts';
import type { CertificateRequest } from '../kube/schema/certificate-request.ts';
import { certificateResource } from '../kube/schema/certificate.ts';
import type { Certificate } from '../kube/schema/certificate.ts';
import { clusterIssuerResource, issuerResource } from '../kube/schema/issuer.ts';
import type { ClusterIssuer, Issuer } from '../kube/schema/issuer.ts';
import { challengeResource } from '../kube/schema/challenge.ts';
import type { Challenge } from '../kube/schema/challenge.ts';
import { orderResource } from '../kube/schema/order.ts';
import type { Order } from '../kube/schema/order.ts';

export interface KubeInformers {
  readonly certificates: Informer<Certificate>;
  readonly requests: Informer<CertificateRequest>;
  readonly issuers: Informer<Issuer>;
  readonly clusterIssuers: Informer<ClusterIssuer>;
  readonly orders: Informer<Order>;
  readonly challenges: Informer<Challenge>;
  readonly secrets: SecretCache;
  /** Until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Names of what has not been listed yet. */
  missing(): readonly string[];
  readonly synced: Promise<void>;
}

/** Copies in memory of what the controllers look at. They are kept also while another instance leads, so that this one can take over at once. */
export function createKubeInformers(
  client: KubeClient,
  options: {
    readonly namespace: string | undefined;
    readonly clock: Clock;
    readonly onError: (error: unknown, what: string) => void;
  },
): KubeInformers {
  const { namespace, clock } = options;
  const common = (what: string) => ({ clock, onError: (error: unknown) => options.onError(error, what) });
  const certificates = createInformer(client, certificateResource, {
    ...common('certificates'),
    namespace,
    indexes: certificateIndexes,
  });
  const requests = createInformer(client, certificateRequestResource, {
    ...common('certificaterequests'),
    namespace,
    indexes: requestIndexes,
  });
  const issuers = createInformer(client, issuerResource, { ...common('issuers'), namespace });
  const clusterIssuers = createInformer(client, clusterIssuerResource, common('clusterissuers'));
  const orders = createInformer(client, orderResource, {
    ...common('orders'),
    namespace,
    indexes: orderIndexes,
    transform: slimOrder,
  });
  const challenges = createInformer(client, challengeResource, {
    ...common('challenges'),
    namespace,
    indexes: challengeIndexes,
  });
  const secrets = createSecretCache(client, { ...common('secrets'), namespace });
  // Who may only see one namespace may not see what is in none.
  const all = {
    certificates,
    requests,
    issuers,
    orders,
    challenges,
    secrets,
    ...(namespace === undefined && { clusterIssuers }),
  };
  return {
    certificates,
    requests,
    issuers,
    clusterIssuers,
    orders,
    challenges,
    secrets,
    async run(signal) {
      await Promise.all(Object.values(all).map((informer) => informer.run(signal)));
    },
    missing: () =>
      Object.entries(all)
        .filter(([, informer]) => !informer.isSynced())
        .map(([name]) => name),
    synced: Promise.all(Object.values(all).map((informer) => informer.synced)).then(() => {}),
  };
}
