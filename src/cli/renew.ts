import type { Command } from 'commander';
import { configSource } from './config-source.ts';
import { addConfigOptions, addOutputOption } from './options.ts';
import type { ConfigFlags, OutputOptions } from './options.ts';
import { createProgress, writeObject } from './progress.ts';
import type { CommandContext } from './run.ts';

interface RenewFlags extends ConfigFlags, OutputOptions {
  readonly force?: true;
}

export function defineRenewCommand(program: Command, { terminal, environment, signal }: CommandContext): void {
  const command = program
    .command('renew')
    .summary('renew what is due, once')
    .description(
      'Renews every known certificate that is due, and ends. For a timer or cron;\n"serve" does the same by itself.',
    )
    .argument('[name...]', 'only the certificates that have these names')
    .option('--force', 'renew also what is not due');
  addOutputOption(addConfigOptions(command)).action(async (names: string[], flags: RenewFlags) => {
    const { renewOnce } = await import('../app/renew.ts');
    const { systemClock } = await import('../core/clock.ts');
    // The error that ends the command says it.
    const emit = createProgress(terminal, flags.output, systemClock.now, ['issuance.failed', 'delegation.needed']);
    const source = configSource(flags, environment);
    const outcomes = await renewOnce(
      source,
      { names, force: flags.force === true },
      { emit, clock: systemClock },
      signal,
    );
    if (flags.output === 'json') {
      // Those that were renewed have said so by their events.
      for (const { outcome, ...fields } of outcomes.filter((one) => one.outcome !== 'renewed'))
        writeObject(terminal, systemClock.now(), `certificate.${outcome}`, fields);
      return;
    }
    if (outcomes.length === 0) terminal.line('there is no certificate to renew yet');
    for (const { certificate, message } of outcomes) terminal.line(`${certificate}: ${message}`);
  });
}
