import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { collect } from './options.ts';

/** What `evercert kube controller` is told about certificates for Ingresses and Gateways. */
export function addShimOptions(command: Command): Command {
  return command
    .option('--default-issuer-name <name>', 'issuer of Ingresses that ask by kubernetes.io/tls-acme')
    .option('--default-issuer-kind <kind>', 'its kind; Issuer when not given')
    .option('--default-issuer-group <group>', 'its group; cert-manager.io when not given')
    .option('--auto-certificate-annotations <list>', 'annotations of an Ingress that ask for the default issuer', list)
    .option('--extra-certificate-annotations <list>', 'annotations that Certificates get from their Ingress', list)
    .option('--enable-gateway-api [bool]', 'certificates for Gateways as well', yes, false)
    .option('--enable-gateway-api-listenerset [bool]', 'and for ListenerSets', yes, false)
    .option('--gateway-api-extra-protocols <list>', 'protocols of listeners that count beside HTTPS and TLS', list);
}

function list(text: string, before: readonly string[] = []): readonly string[] {
  return text
    .split(',')
    .filter((one) => one.trim() !== '')
    .reduce<readonly string[]>((all, one) => collect(one.trim(), all), before);
}

function yes(text: string): boolean {
  if (!/^(true|false|1|0|t|f)$/i.test(text)) throw new InvalidArgumentError('It is true or false.');
  return /^(true|1|t)$/i.test(text);
}
