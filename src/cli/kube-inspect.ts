import type { Command } from 'commander';
import type { InspectedSecret } from '../app/kube-inspect-secret.ts';
import { addKubeOutputOptions, inCluster } from './kube-options.ts';
import type { KubeOutputFlags } from './kube-options.ts';
import type { CommandContext } from './run.ts';
import { wrap } from './wrap.ts';

export function defineKubeInspectCommand(kube: Command, { terminal, environment, signal }: CommandContext): void {
  const inspect = kube.command('inspect').summary('what is in something').description('Shows what is in something.');
  addKubeOutputOptions(inspect.command('secret'))
    .summary('the certificate in a Secret, in words')
    .description('Shows the certificate in a Secret in words. The key itself is never shown.')
    .argument('<name>', 'name of the Secret')
    .action(async (name: string, flags: KubeOutputFlags) => {
      const { inspectSecret } = await import('../app/kube-inspect-secret.ts');
      const found = await inCluster(flags, environment, ({ client, namespace }) =>
        inspectSecret(client, { namespace, name }, signal),
      );
      if (flags.output === 'json') {
        terminal.line(JSON.stringify(found, null, 2));
        return;
      }
      terminal.line(terminal.style('bold', `Secret ${found.namespace}/${found.name}`));
      for (const [title, text] of rows(found)) {
        wrap(text, 64).forEach((line, at) => terminal.line(`  ${(at === 0 ? title : '').padEnd(12)} ${line}`));
      }
    });
}

function rows(found: InspectedSecret): [string, string][] {
  const { keyFits } = found;
  const fits =
    keyFits === undefined
      ? 'tls.key cannot be read'
      : keyFits
        ? 'tls.key belongs to it'
        : 'tls.key belongs to ANOTHER key';
  const all: [string, string | undefined][] = [
    ['certificate', found.certificate ?? 'it belongs to no Certificate'],
    ['subject', found.subject === '' ? undefined : found.subject],
    ['issuer', found.issuer],
    ['serial', found.serial],
    ['valid', `from ${found.notBefore} until ${found.notAfter}`],
    ['DNS names', list(found.dnsNames)],
    ['addresses', list(found.ipAddresses)],
    ['URIs', list(found.uris)],
    ['mail', list(found.emailAddresses)],
    ['usages', list(found.usages, ', ')],
    ['CA', found.isCA ? 'yes' : 'no'],
    ['key', `${found.key}; ${fits}`],
    ['chain', list(found.intermediates, '; ') ?? 'the certificate alone'],
    ['ca.crt', found.hasCa ? 'there' : 'not there'],
  ];
  return all.flatMap(([title, text]) => (text === undefined ? [] : [[title, text]]));
}

function list(items: readonly string[], between = ' '): string | undefined {
  return items.length === 0 ? undefined : items.join(between);
}
