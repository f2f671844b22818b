import { Command, CommanderError } from 'commander';
import { defineConfigCommand } from './config.ts';
import { defineDemoCommand } from './demo.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { defineIssueCommand } from './issue.ts';
import { defineRenewCommand } from './renew.ts';
import { defineRevokeCommand } from './revoke.ts';
import { defineServeCommand } from './serve.ts';
import { defineStatusCommand } from './status.ts';
import { createTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { version } from '../app/version.ts';

/** What every command gets. The signal aborts with Ctrl-C or SIGTERM: a command then stops cleanly. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** The whole program: parses the command line, runs one command, and sets the exit code. Never throws. */
export async function run(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const terminal = createTerminal(process.stdout, process.stderr, environment);
  const stop = new AbortController();
  const interrupt = () => {
    // A second signal ends at once: whatever is stored can be resumed.
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort(new DOMException('stopped', 'AbortError'));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const program = defineProgram({ terminal, environment, signal: stop.signal });
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = report(error, stop.signal, terminal, environment);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

function defineProgram(context: CommandContext): Command {
  const program = new Command('evercert')
    .description('Certificates that renew themselves, through one CNAME.')
    .version(version(), '-V, --version')
    .configureHelp({ helpWidth: Math.min(context.terminal.columns, 80), showGlobalOptions: true })
    .showHelpAfterError('(add --help to see what is possible)')
    .exitOverride();
  program.addHelpText(
    'after',
    `
Begin with:
  evercert demo             the whole chain on this machine, nothing needed
  evercert serve --help     DNS server, API and renewals, for ever

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 CNAME missing, 4 try again
later, 5 this machine (port, folder, database), 130 interrupted.`,
  );
  for (const define of [
    defineDemoCommand,
    defineServeCommand,
    defineIssueCommand,
    defineRenewCommand,
    defineStatusCommand,
    defineRevokeCommand,
    defineConfigCommand,
  ]) {
    define(program, context);
  }
  return program;
}

function report(error: unknown, signal: AbortSignal, terminal: Terminal, environment: NodeJS.ProcessEnv): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (signal.aborted) {
    terminal.error('stopped; what was begun is stored and goes on at the next start');
    return EXIT.interrupted;
  }
  terminal.error(error instanceof Error ? error.message : String(error));
  if (environment['EVERCERT_DEBUG'] === '1' && error instanceof Error) terminal.error(error.stack ?? '');
  return exitCodeOf(error);
}
