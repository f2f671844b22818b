import { parseAddress } from '../config/address.ts';
import { DomainError } from '../core/error.ts';
import { defaultKubeOptions } from '../kube/options.ts';
import type { LogLevel } from '../telemetry/logger.ts';
import { acmeWarnings, readAcmeFlags } from './kube-acme-flags.ts';
import type { KubeAcmeFlags } from './kube-acme-flags.ts';
import type { KubeControllerOptions } from './kube-controller.ts';
import { readShimFlags, SHIM_CONTROLLERS, shimWarnings } from './kube-shim-flags.ts';
import type { KubeShimFlags } from './kube-shim-flags.ts';

/** The flags of `evercert kube controller` as they stand on the command line. Times in ms. */
export interface KubeControllerFlags extends KubeAcmeFlags, KubeShimFlags {
  readonly config?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly clusterResourceNamespace: string;
  readonly controllers?: readonly string[];
  readonly enableCertificateOwnerRef: boolean;
  readonly copiedAnnotationPrefixes?: readonly string[];
  readonly certificateRequestMinimumBackoffDuration?: number;
  readonly certificateRequestMaximumBackoffDuration?: number;
  readonly concurrentWorkers?: number;
  readonly kubeApiQps?: number;
  readonly kubeApiBurst?: number;
  readonly leaderElect: boolean;
  readonly leaderElectionNamespace: string;
  readonly leaderElectionLeaseDuration?: number;
  readonly leaderElectionRenewDeadline?: number;
  readonly leaderElectionRetryPeriod?: number;
  readonly metricsListenAddress: string;
  readonly healthzListenAddress: string;
  readonly webhookListenAddress?: string;
  readonly logLevel: LogLevel;
  readonly loggingFormat?: 'text' | 'json';
}

/** Calls a second: the API server shares itself out fairly (APF) and says when it is too much; a low limit here only makes people wait. */
const DEFAULT_RATE = { qps: 300, burst: 600 };

/** Flags of cert-manager's controller that have no meaning here, since what they set has another shape or is not needed. */
const WITHOUT_MEANING: ReadonlySet<string> = new Set([
  'acme-http01-solver-image',
  'acme-http01-solver-nameservers',
  'acme-http01-solver-resource-limits-cpu',
  'acme-http01-solver-resource-limits-memory',
  'acme-http01-solver-resource-request-cpu',
  'acme-http01-solver-resource-request-memory',
  'acme-http01-solver-run-as-non-root',
  'acme-http01-solver-extra-labels',
  'acme-http01-solver-runtime-class-name',
  'cluster-issuer-ambient-credentials',
  'dns01-check-retry-period',
  'enable-pprof',
  'feature-gates',
  'issuer-ambient-credentials',
  'max-certificate-chain-size',
  'max-certificate-size',
  'max-private-key-size',
  'master',
  'metrics-dynamic-serving-ca-secret-name',
  'metrics-dynamic-serving-ca-secret-namespace',
  'metrics-dynamic-serving-dns-names',
  'metrics-dynamic-serving-leaf-duration',
  'metrics-tls-cert-file',
  'metrics-tls-cipher-suites',
  'metrics-tls-min-version',
  'metrics-tls-private-key-file',
  'namespace-selector',
  'pprof-address',
  'profiler-address',
  'v',
  'vmodule',
]);

/** Controllers of cert-manager that are one here: to leave one of them out is not possible, only all. */
const PART_OF_CERTIFICATES = [
  'certificates-trigger',
  'certificates-issuing',
  'certificates-key-manager',
  'certificates-request-manager',
  'certificates-readiness',
];
const APPROVER = 'certificaterequests-approver';

/**
 * What the flags mean. `rest` is what the parser of the command line did not know, `more` are warnings from before.
 * @throws DomainError `invalid-config` for flags that neither evercert nor cert-manager has
 */
export function readKubeFlags(
  flags: KubeControllerFlags,
  rest: readonly string[],
  environment: NodeJS.ProcessEnv,
  more: readonly string[] = [],
): KubeControllerOptions {
  const warnings = [...more, ...warningsOf(rest)];
  const disabled = disabledControllers(flags.controllers ?? ['*'], warnings);
  const acme = readAcmeFlags(flags);
  warnings.push(...acmeWarnings(acme), ...shimWarnings(flags));
  const { minimum, maximum } = defaultKubeOptions.backoff;
  const namespace = flags.namespace === '' ? undefined : flags.namespace;
  return {
    kubeconfig: flags.kubeconfig,
    context: flags.context,
    environment,
    kube: {
      clusterResourceNamespace: flags.clusterResourceNamespace,
      namespace,
      certificateOwnerRef: flags.enableCertificateOwnerRef,
      approve: !disabled.has(APPROVER),
      backoff: {
        minimum: flags.certificateRequestMinimumBackoffDuration ?? minimum,
        maximum: flags.certificateRequestMaximumBackoffDuration ?? maximum,
      },
      copiedAnnotationPrefixes: flags.copiedAnnotationPrefixes ?? defaultKubeOptions.copiedAnnotationPrefixes,
      workers: flags.concurrentWorkers ?? defaultKubeOptions.workers,
    },
    rate: { qps: flags.kubeApiQps ?? DEFAULT_RATE.qps, burst: flags.kubeApiBurst ?? DEFAULT_RATE.burst },
    leaderElection: flags.leaderElect
      ? {
          namespace: flags.leaderElectionNamespace,
          duration: flags.leaderElectionLeaseDuration ?? 60_000,
          renewDeadline: flags.leaderElectionRenewDeadline ?? 40_000,
          retryPeriod: flags.leaderElectionRetryPeriod ?? 15_000,
        }
      : undefined,
    webhook: address(flags.webhookListenAddress ?? ''),
    listeners: { health: address(flags.healthzListenAddress), metrics: address(flags.metricsListenAddress) },
    acme,
    shims: readShimFlags(flags, disabled),
    disabled,
    log: { level: flags.logLevel, format: flags.loggingFormat ?? 'auto' },
    warnings,
  };
}

/** `0` switches a listener off, as in cert-manager. */
function address(text: string): ReturnType<typeof parseAddress> | undefined {
  return text === '0' || text === '' ? undefined : parseAddress(text);
}

function warningsOf(rest: readonly string[]): string[] {
  const warnings: string[] = [];
  const unknown: string[] = [];
  for (const argument of rest) {
    const name = /^--?([a-z0-9-]+)/.exec(argument)?.[1];
    // The value of the flag before it.
    if (name === undefined) continue;
    if (WITHOUT_MEANING.has(name)) warnings.push(`the flag --${name} of cert-manager has no meaning here`);
    else unknown.push(argument.split('=')[0] ?? argument);
  }
  if (unknown.length === 0) return warnings;
  throw new DomainError(
    'invalid-config',
    `unknown flag ${unknown.join(', ')}: neither evercert nor cert-manager has it; see evercert kube controller --help`,
  );
}

/** `*,-name`: all but some; without `*`: only those that are named. */
function disabledControllers(given: readonly string[], warnings: string[]): ReadonlySet<string> {
  const off = new Set(given.filter((name) => name.startsWith('-')).map((name) => name.slice(1)));
  if (!given.includes('*')) {
    for (const name of ['issuers', 'clusterissuers', APPROVER, ...SHIM_CONTROLLERS])
      if (!given.includes(name)) off.add(name);
    if (!PART_OF_CERTIFICATES.some((name) => given.includes(name))) off.add('certificates');
  }
  const parts = PART_OF_CERTIFICATES.filter((name) => off.has(name));
  if (parts.length === PART_OF_CERTIFICATES.length) off.add('certificates');
  else if (parts.length > 0) {
    warnings.push(`${parts.join(', ')}: Certificates are the work of one controller here, which is not split`);
  }
  return off;
}
