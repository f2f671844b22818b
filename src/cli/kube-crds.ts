import type { Command } from 'commander';
import type { CommandContext } from './run.ts';

export function defineKubeCrdsCommand(kube: Command, { terminal }: CommandContext): void {
  kube
    .command('crds')
    .summary('the kinds of objects, as a manifest')
    .description(
      'Prints the CustomResourceDefinitions of Certificate, Issuer and the others, as\nYAML. Over those of cert-manager, no object is lost by it:\n  evercert kube crds | kubectl replace -f -',
    )
    .action(async () => {
      const { kubeCrds } = await import('../app/kube-crds.ts');
      terminal.line(kubeCrds().trimEnd());
    });
}
