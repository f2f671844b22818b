import type { Command } from 'commander';
import { configSource } from './config-source.ts';
import { addConfigOptions } from './options.ts';
import type { ConfigFlags } from './options.ts';
import type { CommandContext } from './run.ts';

export function defineConfigCommand(program: Command, { terminal, environment }: CommandContext): void {
  const config = program
    .command('config')
    .summary('look at the configuration')
    .description('Looks at the configuration.');
  const check = config
    .command('check')
    .summary('say everything that is wrong with it')
    .description(
      'Reads the configuration as "serve" would and says everything that is wrong\nwith it. Starts nothing and changes nothing.',
    );
  addConfigOptions(check).action(async (flags: ConfigFlags) => {
    const { loadSource } = await import('../app/config-source.ts');
    const { config: read, warnings } = await loadSource(configSource(flags, environment));
    for (const warning of warnings) terminal.line(`warning: ${warning}`);
    const zone = read.zone === undefined ? 'no zone' : `the zone ${read.zone.name}`;
    const count = read.certificates.length === 1 ? '1 certificate' : `${read.certificates.length} certificates`;
    terminal.line(`the configuration is good: ${zone}, ${count}`);
    if (read.acmeDnsDatabase === undefined) return;
    const database = read.acmeDnsDatabase.engine === 'sqlite' ? read.acmeDnsDatabase.file : 'the PostgreSQL database';
    terminal.line(`it is one of acme-dns: ${database} is used where it is, and the rest is kept in ${read.data}`);
  });
}
