import type { Command } from 'commander';
import type { CommandContext } from './run.ts';

export function defineKubeCrdsCommand(kube: Command, { terminal }: CommandContext): void {
  kube
    .command('crds')
    .summary('the kinds of objects, as a manifest')
    .description(
      'Prints the CustomResourceDefinitions of Certificate, Issuer and the others, as\nYAML. Those of cert-manager are replaced by them, and no object is lost:\n  evercert kube crds | kubectl apply --server-side --force-conflicts -f -',
    )
    .action(async () => {
      const { kubeCrds } = await import('../app/kube-crds.ts');
      terminal.line(kubeCrds().trimEnd());
    });
}
