import type { Command } from 'commander';
import { configSource } from './config-source.ts';
import { addConfigOptions } from './options.ts';
import type { ConfigFlags } from './options.ts';
import type { CommandContext } from './run.ts';

export function defineRestoreCommand(program: Command, { terminal, environment }: CommandContext): void {
  const command = program
    .command('restore')
    .summary('make a data folder of a backup')
    .description(
      'Makes the data folder of a backup. It writes nothing over: the data folder\nmust be empty or not there.',
    )
    .argument('<dir>', 'folder that "evercert backup" has written');
  addConfigOptions(command).action(async (backup: string, flags: ConfigFlags) => {
    const { restore } = await import('../app/backup.ts');
    const { data, createdAt } = await restore(configSource(flags, environment), backup);
    terminal.line(`restored to ${data}, as it was at ${createdAt}`);
  });
}
