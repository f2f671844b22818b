import { InvalidArgumentError } from 'commander';
import type { Command, Option } from 'commander';
import { DomainError, messageOf } from '../core/error.ts';
import type { KubeControllerFlags } from '../app/kube-flags.ts';
import { addAcmeOptions } from './kube-acme-options.ts';
import { addShimOptions } from './kube-shim-options.ts';
import { collect, parseWait } from './options.ts';
import type { CommandContext } from './run.ts';

/** Flags have cert-manager's names where they mean the same, so that its manifests go on working. */
export function defineKubeControllerCommand(kube: Command, { environment, signal }: CommandContext): void {
  addShimOptions(addAcmeOptions(kube.command('controller')))
    .summary('issue and renew the Certificates of a cluster')
    .description(
      'Issues and renews the Certificates of a cluster, until it is stopped.\nFlags of cert-manager that have no meaning here are accepted with a warning.',
    )
    .option('--config <file>', 'configuration file of cert-manager (YAML); flags go before it')
    .option('--kubeconfig <file>', 'how to reach the API server; in a pod it is known')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--namespace <name>', 'only this namespace; all when not given')
    .option('--cluster-resource-namespace <name>', 'where the Secrets of ClusterIssuers are', 'kube-system')
    .option('--controllers <names>', 'comma-separated; * is all, -name is all but this', collectList)
    .option('--enable-certificate-owner-ref [bool]', 'delete a Secret together with its Certificate', flag, false)
    .option('--copied-annotation-prefixes <list>', 'which annotations of a Certificate its requests get', collectList)
    .option('--certificate-request-minimum-backoff-duration <time>', 'pause after a first failure', parseWait)
    .option('--certificate-request-maximum-backoff-duration <time>', 'longest pause after failures', parseWait)
    .option('--concurrent-workers <number>', 'objects looked at at once, for each controller', wholeNumber)
    .option('--kube-api-qps <number>', 'calls a second to the API server', positive)
    .option('--kube-api-burst <number>', 'calls at once after a pause', wholeNumber)
    .option('--leader-elect [bool]', 'only one of several instances acts at a time', flag, true)
    .option('--leader-election-namespace <name>', 'where the lease is', 'kube-system')
    .option('--leader-election-lease-duration <time>', 'how long others wait for one that is silent', parseWait)
    .option('--leader-election-renew-deadline <time>', 'when one that cannot renew gives up', parseWait)
    .option('--leader-election-retry-period <time>', 'pause between two tries', parseWait)
    .option('--metrics-listen-address <address>', 'where Prometheus reads /metrics', '0.0.0.0:9402')
    .option('--healthz-listen-address <address>', 'where the kubelet asks /livez and /readyz', '0.0.0.0:9403')
    .option(
      '--webhook-listen-address <address>',
      'where the API server asks who made a request; see deploy/webhook.yaml',
    )
    .option('--log-level <level>', 'debug, info, warn or error', logLevel, 'info')
    .option('--logging-format <format>', 'text or json; by itself text on a terminal', logFormat)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (flags: KubeControllerFlags, command: Command) => {
      const [{ readKubeFlags }, { runKubeController }] = await Promise.all([
        import('../app/kube-flags.ts'),
        import('../app/kube-controller.ts'),
      ]);
      const warnings = flags.config === undefined ? [] : await takeConfigFile(command, flags.config);
      const options = readKubeFlags(command.opts(), command.args, environment, warnings);
      try {
        await runKubeController(options, signal);
      } catch (error) {
        // To be stopped is how it ends, at whatever moment: exit code 0.
        if (!signal.aborted) throw error;
      }
    });
}

/** Takes from the file what no flag has said. @throws DomainError `invalid-config`, `file-not-readable` */
async function takeConfigFile(command: Command, file: string): Promise<readonly string[]> {
  const { readConfigFile } = await import('../app/kube-config-file.ts');
  const { flags, warnings } = await readConfigFile(file);
  for (const [name, text] of flags) {
    const option = command.options.find(({ long }) => long === `--${name}`);
    const key = option?.attributeName();
    if (option === undefined || key === undefined || command.getOptionValueSource(key) === 'cli') continue;
    command.setOptionValueWithSource(key, parseAs(option, text), 'config');
  }
  return warnings;
}

function parseAs(option: Option, text: string): unknown {
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, undefined);
  } catch (error) {
    const what = `${text} for ${option.long ?? option.flags}`;
    throw new DomainError('invalid-config', `the file of --config has ${what}: ${messageOf(error)}`, { cause: error });
  }
}

/** As Go writes a flag that is either there or not: `--leader-elect`, `--leader-elect=false`. */
function flag(text: string): boolean {
  if (!/^(true|false|1|0|t|f)$/i.test(text)) throw new InvalidArgumentError('It is true or false.');
  return /^(true|1|t)$/i.test(text);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(text);
}

function positive(text: string): number {
  if (!/^\d{1,9}(\.\d+)?$/.test(text) || Number(text) === 0) throw new InvalidArgumentError('It is a number above 0.');
  return Number(text);
}

/** Given several times, or with commas: both is the same. */
function collectList(text: string, before: readonly string[] = []): readonly string[] {
  return text.split(',').reduce<readonly string[]>((list, name) => collect(name.trim(), list), before);
}

function logLevel(text: string): string {
  if (!/^(debug|info|warn|error)$/.test(text)) throw new InvalidArgumentError('It is debug, info, warn or error.');
  return text;
}

function logFormat(text: string): string {
  if (text !== 'text' && text !== 'json') throw new InvalidArgumentError('It is text or json.');
  return text;
}
