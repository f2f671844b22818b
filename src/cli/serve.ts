import { on } from 'node:events';
import type { Command } from 'commander';
import { configSource } from './config-source.ts';
import { addConfigOptions } from './options.ts';
import type { ConfigFlags } from './options.ts';
import type { CommandContext } from './run.ts';

export function defineServeCommand(program: Command, { environment, signal }: CommandContext): void {
  const command = program
    .command('serve')
    .summary('DNS server, HTTP API and renewals, for ever')
    .description(
      'Serves the challenge zone over DNS, the acme-dns API over HTTP, and issues and\nrenews the certificates of the configuration, until it is stopped. SIGHUP makes\nit read the configuration again.',
    );
  addConfigOptions(command).action(async (flags: ConfigFlags) => {
    const { serve } = await import('../app/serve.ts');
    try {
      // Heard from the first moment on: unheard, this signal ends a process.
      await serve(configSource(flags, environment), signal, { reloads: on(process, 'SIGHUP', { signal }) });
    } catch (error) {
      // To be stopped is how a server ends, at whatever moment: exit code 0.
      if (!signal.aborted) throw error;
    }
  });
}
