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
      const { notBefore, notAfter } = certificate;
      if (notAfter !== undefined) terminal.line(`  valid    ${validity({ notBefore, notAfter }, now)}`);
      if (certificate.renewAt !== undefined) terminal.line(`  renewal  ${new Date(certificate.renewAt).toISOString()}`);
      for (const { name, target } of certificate.delegations) {
        terminal.line(`  CNAME    ${name}.\n           -> ${target}.`);
      }
      if (certificate.folder !== undefined) terminal.line(`  files    ${certificate.folder}`);
    }
  });
}

/** All in ms since the epoch. */
export function validity(
  { notBefore, notAfter }: { readonly notBefore: number | undefined; readonly notAfter: number },
  now: number,
): string {
  const until = `until ${new Date(notAfter).toISOString()}`;
  if (notBefore !== undefined && now < notBefore) {
    return `only from ${new Date(notBefore).toISOString()}: is the clock of this machine right?`;
  }
  const left = notAfter - now;
  return `${until}, ${left < 0 ? `expired ${formatDuration(-left)} ago` : `${formatDuration(left)} left`}`;
}
