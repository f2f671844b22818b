import type { Command } from 'commander';
import { formatDuration } from '../core/duration.ts';
import { configSource } from './config-source.ts';
import { addConfigOptions, addOutputOption } from './options.ts';
import type { ConfigFlags, OutputOptions } from './options.ts';
import type { CommandContext } from './run.ts';
import { wrap } from './wrap.ts';

export function defineStatusCommand(program: Command, { terminal, environment, signal }: CommandContext): void {
  const command = program
    .command('status')
    .summary('every certificate, its state, and the CNAME to add')
    .description(
      'Shows every certificate that is wanted: until when it is good, when it is\nrenewed, what it waits for, and which CNAME belongs where.',
    );
  addOutputOption(addConfigOptions(command)).action(async (flags: ConfigFlags & OutputOptions) => {
    const { readStatus } = await import('../app/status.ts');
    const { systemClock } = await import('../core/clock.ts');
    const now = systemClock.now();
    const status = await readStatus(configSource(flags, environment), systemClock, signal);
    if (flags.output === 'json') {
      terminal.line(JSON.stringify(status, null, 2));
      return;
    }
    if (status.certificates.length === 0) {
      terminal.line('No certificate is wanted yet. Add a [[certificate]] to the configuration, or run:');
      terminal.line('  evercert issue example.org --config FILE');
    }
    for (const certificate of status.certificates) {
      terminal.line(terminal.style('bold', certificate.id));
      for (const line of wrap(certificate.names.join(' '), 70)) terminal.line(`  names    ${line}`);
      terminal.line(`  state    ${wrap(certificate.message, 68).join('\n           ')}`);
      if (certificate.notAfter !== undefined) {
        terminal.line(`  valid    ${validity(certificate.notAfter, now)}`);
      }
      if (certificate.renewAt !== undefined) terminal.line(`  renewal  ${new Date(certificate.renewAt).toISOString()}`);
      for (const { name, target } of certificate.delegations) {
        terminal.line(`  CNAME    ${name}.\n           -> ${target}.`);
      }
      if (certificate.folder !== undefined) terminal.line(`  files    ${certificate.folder}`);
    }
  });
}

export function validity(notAfter: number, now: number): string {
  const left = notAfter - now;
  const words = left < 0 ? `expired ${formatDuration(-left)} ago` : `${formatDuration(left)} left`;
  return `until ${new Date(notAfter).toISOString()}, ${words}`;
}
