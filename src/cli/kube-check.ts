import type { Command } from 'commander';
import { addKubeOptions, inCluster } from './kube-options.ts';
import type { KubeFlags } from './kube-options.ts';
import { parseWait } from './options.ts';
import type { CommandContext } from './run.ts';

/** `check`, to which others add what they check. */
export function defineKubeCheckCommand(kube: Command, { terminal, environment, signal }: CommandContext): Command {
  const check = kube
    .command('check')
    .summary('whether something is as it should be')
    .description('Checks whether something is as it should be.');
  addKubeOptions(check.command('api'))
    .summary('whether Certificates can be made')
    .description('Checks whether the API server knows the kinds and takes a Certificate. Nothing\nis left behind.')
    .option('--wait <duration>', 'how long to wait until it is so, as in 2m', parseWait, 0)
    .action(async (flags: KubeFlags & { readonly wait: number }) => {
      const { checkApi } = await import('../app/kube-check-api.ts');
      const { systemClock: clock } = await import('../core/clock.ts');
      await inCluster(flags, environment, ({ client, namespace }) =>
        checkApi(client, { namespace, wait: flags.wait, clock }, signal),
      );
      terminal.line('the API is ready');
    });
  return check;
}
