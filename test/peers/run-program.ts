import { startProcess } from './process.ts';

export interface ProgramRun {
  readonly code: number | NodeJS.Signals;
  /** Wall time of the whole process, ms. */
  readonly ms: number;
  /** Standard output and error. */
  readonly output: string;
  readonly stdout: string;
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** ms; default two minutes. */
  readonly timeout?: number;
}

/** Runs a program to its end; one that takes too long is killed and fails. */
export async function runProgram({ timeout = 120_000, ...options }: ProgramOptions): Promise<ProgramRun> {
  const start = performance.now();
  const program = await startProcess({ ...options, ready: async () => true });
  let overdue = false;
  const limit = setTimeout(() => {
    overdue = true;
    program.signal('SIGKILL');
  }, timeout);
  const code = await program.ended;
  clearTimeout(limit);
  const ms = performance.now() - start;
  if (overdue) throw new Error(`${options.command} was not done after ${timeout} ms; it wrote:\n${program.output()}`);
  return { code, ms, output: program.output(), stdout: program.stdout() };
}
