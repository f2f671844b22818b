import { fromTime } from '../kube/conditions.ts';
import { issuingSince } from '../kube/certificate/certificate-status.ts';
import type { AnyIssuer } from '../kube/issuer/issuer-lookup.ts';
import type { Certificate } from '../kube/schema/certificate.ts';
import type { IssuerReference } from '../kube/schema/issuer-reference.ts';
import type { Challenge } from '../kube/schema/challenge.ts';
import type {
  CertificateSample,
  ChallengeSample,
  IssuerLabels,
  IssuerSample,
  KubeMetrics,
  KubeSnapshot,
  ReadyStatus,
} from '../telemetry/kube-metrics.ts';
import type { KubeInformers } from './kube-informers.ts';

/** Metrics of what is in the informers. */
export async function createKubeMetricsOf(informers: KubeInformers, now: () => number): Promise<KubeMetrics> {
  const { createKubeMetrics } = await import('../telemetry/kube-metrics.ts');
  return createKubeMetrics(() => snapshotOf(informers), now);
}

function snapshotOf({ certificates, issuers, clusterIssuers, challenges }: KubeInformers): KubeSnapshot {
  return {
    certificates: certificates.list().map(certificateSample),
    issuers: issuers.list().map(issuerSample),
    clusterIssuers: clusterIssuers.list().map(issuerSample),
    challenges: challenges.list().map(challengeSample),
  };
}

function certificateSample(certificate: Certificate): CertificateSample {
  const { metadata, spec, status } = certificate;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    issuer: issuerLabelsOf(spec.issuerRef),
    ready: readyOf(status?.conditions),
    notBefore: fromTime(status?.notBefore),
    notAfter: fromTime(status?.notAfter),
    renewal: fromTime(status?.renewalTime),
    issuingSince: issuingSince(certificate),
  };
}

function challengeSample({ metadata, spec, status }: Challenge): ChallengeSample {
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    domain: spec.dnsName,
    type: spec.type,
    status: status?.state ?? '',
    processing: status?.processing === true,
    reason: status?.reason ?? '',
  };
}

function issuerSample({ metadata, status }: AnyIssuer): IssuerSample {
  return { name: metadata.name, namespace: metadata.namespace, ready: readyOf(status?.conditions) };
}

export function issuerLabelsOf({ name, kind = '', group = '' }: IssuerReference): IssuerLabels {
  return { name, kind: kind === '' ? 'Issuer' : kind, group: group === '' ? 'cert-manager.io' : group };
}

function readyOf(conditions: readonly { type: string; status: string }[] | undefined): ReadyStatus {
  const status = conditions?.find(({ type }) => type === 'Ready')?.status;
  return status === 'True' || status === 'False' ? status : 'Unknown';
}
