import type { Command } from 'commander';
import { addKubeOptions, inCluster } from './kube-options.ts';
import type { KubeFlags } from './kube-options.ts';
import type { CommandContext } from './run.ts';

interface RenewFlags extends KubeFlags {
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
}

export function defineKubeRenewCommand(kube: Command, { terminal, environment, signal }: CommandContext): void {
  addKubeOptions(kube.command('renew'))
    .summary('ask for new certificates now')
    .description(
      'Asks for new certificates now, before they are due. The old ones stay in use\nuntil the new ones are there.',
    )
    .argument('[names...]', 'names of Certificates')
    .option('--all', 'all of the namespace')
    .option('-A, --all-namespaces', 'with --all or -l: of every namespace')
    .option('-l, --selector <labels>', 'those with these labels')
    .action(async (names: string[], flags: RenewFlags) => {
      const { renewCertificates } = await import('../app/kube-renew.ts');
      const { systemClock } = await import('../core/clock.ts');
      const { all = false, allNamespaces = false, selector } = flags;
      const renewed = await inCluster(flags, environment, ({ client, namespace }) =>
        renewCertificates(client, namespace, { names, all, allNamespaces, selector }, systemClock, signal),
      );
      for (const { namespace, name } of renewed) terminal.line(`asked for: ${namespace}/${name}`);
      if (renewed.length === 0) terminal.line('there are no such Certificates');
    });
}
