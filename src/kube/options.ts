import { defaultBackoffBounds } from './certificate/issuance-backoff.ts';
import type { BackoffBounds } from './certificate/issuance-backoff.ts';

/** What the flags of `evercert kube controller` say to the controllers. Times in ms. */
export interface KubeOptions {
  /** Where the Secrets of ClusterIssuers are. */
  readonly clusterResourceNamespace: string;
  /** Only this namespace; undefined for all. */
  readonly namespace: string | undefined;
  /** Whether a Secret is deleted together with its Certificate. */
  readonly certificateOwnerRef: boolean;
  /** Whether every CertificateRequest is approved here, or somebody else does it. */
  readonly approve: boolean;
  readonly backoff: BackoffBounds;
  /** Which annotations of a Certificate its requests get: prefixes, those with `-` in front are left out, `*` is any. */
  readonly copiedAnnotationPrefixes: readonly string[];
  /** Reconciles under way at once, for each controller. */
  readonly workers: number;
}

export const defaultKubeOptions: KubeOptions = {
  clusterResourceNamespace: 'kube-system',
  namespace: undefined,
  certificateOwnerRef: false,
  approve: true,
  backoff: defaultBackoffBounds,
  copiedAnnotationPrefixes: ['*', '-kubectl.kubernetes.io/', '-fluxcd.io/', '-argocd.argoproj.io/'],
  workers: 16,
};
