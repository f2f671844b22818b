import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { DomainError, messageOf } from '../core/error.ts';

/** What a configuration file of cert-manager's controller says, as flags of the command line. */
export interface ConfigFileFlags {
  /** `--name` without the hyphens, and the text behind it. */
  readonly flags: readonly (readonly [name: string, text: string])[];
  readonly warnings: readonly string[];
}

/** Members of `ControllerConfiguration` and the flags that mean the same. */
const FLAGS: Readonly<Record<string, string>> = {
  kubeConfig: 'kubeconfig',
  kubernetesAPIQPS: 'kube-api-qps',
  kubernetesAPIBurst: 'kube-api-burst',
  namespace: 'namespace',
  clusterResourceNamespace: 'cluster-resource-namespace',
  controllers: 'controllers',
  enableCertificateOwnerRef: 'enable-certificate-owner-ref',
  copiedAnnotationPrefixes: 'copied-annotation-prefixes',
  numberOfConcurrentWorkers: 'concurrent-workers',
  maxConcurrentChallenges: 'max-concurrent-challenges',
  metricsListenAddress: 'metrics-listen-address',
  healthzListenAddress: 'healthz-listen-address',
  enableGatewayAPI: 'enable-gateway-api',
  enableGatewayAPIListenerSet: 'enable-gateway-api-listenerset',
  gatewayAPIExtraProtocols: 'gateway-api-extra-protocols',
  certificateRequestMinimumBackoffDuration: 'certificate-request-minimum-backoff-duration',
  certificateRequestMaximumBackoffDuration: 'certificate-request-maximum-backoff-duration',
  'leaderElectionConfig.enabled': 'leader-elect',
  'leaderElectionConfig.namespace': 'leader-election-namespace',
  'leaderElectionConfig.leaseDuration': 'leader-election-lease-duration',
  'leaderElectionConfig.renewDeadline': 'leader-election-renew-deadline',
  'leaderElectionConfig.retryPeriod': 'leader-election-retry-period',
  'ingressShimConfig.defaultIssuerName': 'default-issuer-name',
  'ingressShimConfig.defaultIssuerKind': 'default-issuer-kind',
  'ingressShimConfig.defaultIssuerGroup': 'default-issuer-group',
  'ingressShimConfig.defaultAutoCertificateAnnotations': 'auto-certificate-annotations',
  'ingressShimConfig.extraCertificateAnnotations': 'extra-certificate-annotations',
  'acmeDNS01Config.recursiveNameservers': 'dns01-recursive-nameservers',
  'acmeDNS01Config.recursiveNameserversOnly': 'dns01-recursive-nameservers-only',
  'logging.format': 'logging-format',
};

/**
 * Reads the file that `--config` names (`kind: ControllerConfiguration`). What has no meaning here is named in a warning.
 * @throws DomainError `file-not-readable`, `invalid-config`
 */
export async function readConfigFile(path: string): Promise<ConfigFileFlags> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new DomainError('file-not-readable', `the file of --config cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return parseConfigFile(text, path);
}

export function parseConfigFile(text: string, path: string): ConfigFileFlags {
  const { apiVersion, kind, ...members } = objectIn(text, path);
  if (kind !== 'ControllerConfiguration' || !String(apiVersion).startsWith('controller.config.cert-manager.io/')) {
    throw invalid(path, 'it is no ControllerConfiguration of controller.config.cert-manager.io');
  }
  const flags: [string, string][] = [];
  const warnings: string[] = [];
  for (const [member, value] of leaves(members)) {
    const name = Object.hasOwn(FLAGS, member) ? FLAGS[member] : undefined;
    if (name === undefined) warnings.push(`${member} in the file of --config has no meaning here`);
    else flags.push([name, textOf(value, member, path)]);
  }
  return { flags, warnings };
}

function objectIn(text: string, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw invalid(path, messageOf(error).split('\n')[0] ?? '');
  }
  if (!isObject(value)) throw invalid(path, 'it holds no object');
  return value;
}

/** Members with their path in dots. Groups that are flags as a whole are not looked into. */
function leaves(object: Record<string, unknown>, prefix = ''): [string, unknown][] {
  return Object.entries(object).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    const isGroup = isObject(value) && Object.keys(FLAGS).some((known) => known.startsWith(`${path}.`));
    return isGroup ? leaves(value, `${path}.`) : [[path, value] as [string, unknown]];
  });
}

function textOf(value: unknown, member: string, path: string): string {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  const texts = list.map((one) => {
    if (typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean') return String(one);
    throw invalid(path, `${member} is neither text, a number nor a list of them`);
  });
  return texts.join(',');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(path: string, why: string): DomainError {
  return new DomainError('invalid-config', `the file of --config, ${path}, cannot be used: ${why}`);
}
