import { spawn } from 'node:child_process';
import { DomainError, messageOf } from '../../core/error.ts';
import { execInfo, readExecCredential } from './exec-credential.ts';
import type { ClusterOfLogin } from './exec-credential.ts';
import type { Credentials, CredentialsRequest } from './kube-config.ts';
import type { LoginProgram } from './login-program.ts';

/** Somebody may have to find a telephone before a browser says yes. */
const LONGEST_RUN = 5 * 60_000;
const LARGEST_OUTPUT = 1024 * 1024;

export interface ProgramLoginOptions {
  /** Name of the user in the kubeconfig. */
  readonly user: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly cluster: () => Promise<ClusterOfLogin>;
  /** Whether a person sits at our standard input. */
  readonly hasTerminal: boolean;
  /** ms; for tests. */
  readonly timeout?: number;
}

/**
 * Logs in by a program, as kubectl does (client-go credential plugins), and keeps what it gave until somebody asks for it anew. The program
 * writes to our standard error what it has to say to a person.
 * @throws DomainError `kube-login-failed`
 */
export function programLogin(
  program: LoginProgram,
  options: ProgramLoginOptions,
): (request?: CredentialsRequest) => Promise<Credentials> {
  let kept: Credentials | undefined;
  return async (request) => {
    if (kept !== undefined && request?.renew !== true) return kept;
    const given = readExecCredential(await output(program, options, request?.signal), program.apiVersion);
    if (typeof given === 'string') throw failed(program, options, given);
    kept = given;
    return given;
  };
}

async function output(program: LoginProgram, options: ProgramLoginOptions, signal?: AbortSignal): Promise<string> {
  const { hasTerminal, timeout = LONGEST_RUN } = options;
  if (program.interactive === 'Always' && !hasTerminal)
    throw failed(program, options, 'it needs a terminal as standard input, and there is none');
  const isInteractive = hasTerminal && program.interactive !== 'Never';
  const cluster = program.wantsCluster ? await options.cluster() : undefined;
  signal?.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const child = spawn(program.command, program.args, {
      env: {
        ...options.environment,
        ...program.environment,
        KUBERNETES_EXEC_INFO: execInfo(program.apiVersion, isInteractive, cluster),
      },
      stdio: [isInteractive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let ended: string | undefined;
    const end = (why: string): void => {
      ended ??= why;
      child.kill('SIGKILL');
      // What it has started may hold this open for as long as it likes.
      child.stdout?.destroy();
    };
    const timer = setTimeout(() => end(`it was not done after ${Math.round(timeout / 1000)} s`), timeout);
    const abort = (): void => end('we were stopped');
    signal?.addEventListener('abort', abort);
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > LARGEST_OUTPUT) end('it wrote more than 1 MiB');
    });
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    child.once('error', (error) => {
      release();
      reject(notStarted(program, options, error));
    });
    child.once('close', (code, by) => {
      release();
      const how = by === null ? `it ended with exit code ${code}` : `it was ended by ${by}`;
      const why = ended ?? (code === 0 ? undefined : `${how}; see what it wrote above`);
      if (why === undefined) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(failed(program, options, why));
    });
  });
}

function notStarted(program: LoginProgram, options: ProgramLoginOptions, error: Error): DomainError {
  const code = 'code' in error ? error.code : undefined;
  const hint = (program.installHint ?? '').replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  if (code === 'ENOENT')
    return failed(program, options, `there is no such program; install it${hint === '' ? '' : `: ${hint}`}`);
  return failed(
    program,
    options,
    `it cannot be started: ${code === 'EACCES' ? 'it is not executable' : messageOf(error)}`,
  );
}

function failed(program: LoginProgram, { user }: ProgramLoginOptions, why: string): DomainError {
  return new DomainError(
    'kube-login-failed',
    `the user "${user}" of the kubeconfig logs in by the program ${program.name}, which did not do it: ${why}`,
    // Who is asked again by a controller has mostly logged in meanwhile.
    { retry: { kind: 'backoff' } },
  );
}
