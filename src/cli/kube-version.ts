import type { Command } from 'commander';
import { addKubeOutputOptions, inCluster } from './kube-options.ts';
import type { KubeOutputFlags } from './kube-options.ts';
import type { CommandContext } from './run.ts';
import { version } from '../app/version.ts';

export function defineKubeVersionCommand(kube: Command, { terminal, environment, signal }: CommandContext): void {
  addKubeOutputOptions(kube.command('version'))
    .summary('versions of this program and of the API server')
    .description('Shows the version of this program and that of the API server.')
    .option('--client', 'of this program alone')
    .action(async (flags: KubeOutputFlags & { readonly client?: boolean }) => {
      const kubernetes =
        flags.client === true
          ? undefined
          : (await inCluster(flags, environment, ({ client }) => client.version({ signal }))).gitVersion;
      const versions = { evercert: version(), ...(kubernetes !== undefined && { kubernetes }) };
      if (flags.output === 'json') terminal.line(JSON.stringify(versions));
      else for (const [name, text] of Object.entries(versions)) terminal.line(`${name.padEnd(10)} ${text}`);
    });
}
