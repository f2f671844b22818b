import { DomainError, DomainErrors } from '../core/error.ts';

/** What a script can tell from the exit code alone. Documented in docs/commands.md; a test compares. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** It failed, and trying again without a change will fail again. */
  failed: 1,
  /** Wrong flags, names or configuration: nothing was tried. */
  usage: 2,
  /** A CNAME is missing or wrong: the message says which to add. Nothing was spent at the CA. */
  delegation: 3,
  /** The CA, a DNS server or a network is not reachable or asks to wait: try again later. */
  temporary: 4,
  /** This machine: a port in use, a folder that cannot be written, a database that cannot be opened. */
  machine: 5,
  /** Stopped by Ctrl-C or a signal. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const MACHINE = /^(port-|file-|store-|lock-|address-|listen-|account-file-)/;
const USAGE =
  /^(invalid-(name|config|kubeconfig|duration|record|address|key|listener|zone|server-url|allow-from|backup|source)$|unknown-)/;
/** A controller tries these again, since somebody may mend them meanwhile. Who types a command is that somebody. */
const NEEDS_A_PERSON = /^kube-(not-found|forbidden|login-failed|api-not-ready)$/;

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Error && error.name === 'AbortError') return EXIT.interrupted;
  if (!(error instanceof DomainError)) return EXIT.failed;
  const [first] = error instanceof DomainErrors ? error.errors : [];
  if (USAGE.test(error.code)) return EXIT.usage;
  if (error.code.startsWith('cname-') || error.code.startsWith('delegation-')) return EXIT.delegation;
  if (MACHINE.test(error.code)) return EXIT.machine;
  if (NEEDS_A_PERSON.test(error.code)) return EXIT.failed;
  if (first !== undefined && first !== error) return exitCodeOf(first);
  return error.retry.kind === 'never' ? EXIT.failed : EXIT.temporary;
}
