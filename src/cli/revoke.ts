import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { configSource } from './config-source.ts';
import { addConfigOptions } from './options.ts';
import type { ConfigFlags } from './options.ts';
import type { CommandContext } from './run.ts';

/** The reasons a subscriber may give (RFC 5280 section 5.3.1), by the names people know. */
const REASONS: Record<string, number> = {
  unspecified: 0,
  'key-compromise': 1,
  'affiliation-changed': 3,
  superseded: 4,
  'cessation-of-operation': 5,
};

interface RevokeFlags extends ConfigFlags {
  readonly reason?: number;
}

export function defineRevokeCommand(program: Command, { terminal, environment, signal }: CommandContext): void {
  const command = program
    .command('revoke')
    .summary('revoke a certificate at its CA')
    .description('Revokes the certificate in place at its CA and stops renewing it.\nThe files stay where they are.')
    .argument('<name>', 'a name of the certificate')
    .option('--reason <reason>', `${Object.keys(REASONS).join(', ')} (default: unspecified)`, parseReason);
  addConfigOptions(command).action(async (name: string, flags: RevokeFlags) => {
    const { revokeInPlace } = await import('../app/revoke.ts');
    const { systemClock } = await import('../core/clock.ts');
    const source = configSource(flags, environment);
    const serial = await revokeInPlace(source, { name, reason: flags.reason ?? 0 }, systemClock, signal);
    terminal.line(`revoked: serial ${serial}`);
  });
}

function parseReason(text: string): number {
  const reason = REASONS[text];
  if (reason === undefined) throw new InvalidArgumentError(`It is one of ${Object.keys(REASONS).join(', ')}.`);
  return reason;
}
