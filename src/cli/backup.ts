import type { Command } from 'commander';
import { configSource } from './config-source.ts';
import { addConfigOptions } from './options.ts';
import type { ConfigFlags } from './options.ts';
import type { CommandContext } from './run.ts';

/** What the backup has not in it. */
const ELSEWHERE = {
  'file-of-acme-dns': 'The database of acme-dns is not in it: copy that file as well.',
  postgres: 'The PostgreSQL database is not in it: back it up with pg_dump.',
};

export function defineBackupCommand(program: Command, { terminal, environment }: CommandContext): void {
  const command = program
    .command('backup')
    .summary('copy everything that is kept, also while serve runs')
    .description(
      'Copies the data folder (database, keys, certificates) as it is at this moment\ninto a new folder, also while "serve" runs. It holds keys: keep it as safe.',
    )
    .argument('<dir>', 'new folder of the backup');
  addConfigOptions(command).action(async (target: string, flags: ConfigFlags) => {
    const { backUp } = await import('../app/backup.ts');
    const { systemClock } = await import('../core/clock.ts');
    const { elsewhere } = await backUp(configSource(flags, environment), target, systemClock);
    terminal.line(`backed up to ${target}`);
    if (elsewhere !== undefined) terminal.line(ELSEWHERE[elsewhere]);
  });
}
