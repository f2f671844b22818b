import { Command, CommanderError } from 'commander';
import { defineAccountsCommand } from './accounts.ts';
import { defineBackupCommand } from './backup.ts';
import { defineConfigCommand } from './config.ts';
import { defineDemoCommand } from './demo.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { defineImportCommand } from './import.ts';
import { defineIssueCommand } from './issue.ts';
import { defineKubeCommand } from './kube.ts';
import { writeObject } from './progress.ts';
import { defineRenewCommand } from './renew.ts';
import { defineRestoreCommand } from './restore.ts';
import { defineRevokeCommand } from './revoke.ts';
import { defineServeCommand } from './serve.ts';
import { defineStatusCommand } from './status.ts';
import { stopSignal } from './stop-signal.ts';
import type { StopSignal } from './stop-signal.ts';
import { createTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { DomainError, messageOf } from '../core/error.ts';
import { version } from '../app/version.ts';

/** What every command gets. The signal aborts with Ctrl-C or SIGTERM: a command then stops cleanly. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** The whole program: parses the command line, runs one command, and sets the exit code. Never throws. */
export async function run(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  // So that `ps`, and whoever finds a port taken, says evercert and not node.
  process.title = ['evercert', ...argv.slice(2, 3)].join(' ');
  const terminal = createTerminal(process.stdout, process.stderr, environment);
  const stop = stopSignal();
  const program = defineProgram({ terminal, environment, signal: stop.signal });
  let running: Command | undefined;
  program.hook('preAction', (_, command) => void (running = command));
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = report(error, stop, { terminal, environment, running });
  } finally {
    stop.release();
  }
}

function defineProgram(context: CommandContext): Command {
  const { terminal } = context;
  const program = new Command('evercert')
    .description('Certificates that renew themselves, through one CNAME.')
    .version(version(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ helpWidth: terminal.columns, minWidthToWrap: 30 })
    .configureOutput({
      outputError: (text) => terminal.error(inOneSentence(text)),
      // What is left is a hint after an error, or the help where a command is missing.
      writeErr: (text) => void process.stderr.write(text),
    })
    .showHelpAfterError('see: evercert --help')
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
    defineAccountsCommand,
    defineBackupCommand,
    defineRestoreCommand,
    defineConfigCommand,
    defineImportCommand,
    defineKubeCommand,
  ]) {
    define(program, context);
  }
  for (const command of program.commands) hintAtHelp(command, `evercert ${command.name()}`);
  return program;
}

/** `error: unknown command 'isue'\n(Did you mean issue?)` as our own errors are. */
function inOneSentence(text: string): string {
  return text
    .trim()
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\)$/, '; did you mean $1');
}

function hintAtHelp(command: Command, path: string): void {
  command.showHelpAfterError(`see: ${path} --help`);
  for (const below of command.commands) hintAtHelp(below, `${path} ${below.name()}`);
}

interface Reporting {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  readonly running: Command | undefined;
}

function report(error: unknown, stop: StopSignal, { terminal, environment, running }: Reporting): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (stop.signal.aborted) {
    if (stop.reason !== 'no-reader') terminal.error(stoppedText(running?.name()));
    return EXIT.interrupted;
  }
  const exitCode = exitCodeOf(error);
  const message = messageOf(error);
  if (running?.opts()['output'] === 'json') {
    const code = error instanceof DomainError ? error.code : 'internal';
    writeObject(terminal, Date.now(), 'failed', { code, message, exitCode });
  }
  terminal.error(message);
  if (environment['EVERCERT_DEBUG'] === '1' && error instanceof Error) terminal.error(error.stack ?? '');
  return exitCode;
}

function stoppedText(command: string | undefined): string {
  const isKept = command === 'issue' || command === 'renew';
  return isKept ? 'stopped; what was begun is stored, and the same command goes on with it' : 'stopped';
}
