import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessOptions {
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to the environment of the test. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A line it writes, or a question that is asked until the answer is yes. */
  readonly ready: RegExp | (() => Promise<boolean>);
  /** ms until `ready`; default 20 s. */
  readonly timeout?: number;
  /** Told of every piece of standard output as it comes. */
  readonly onStdout?: (piece: string) => void;
}

export interface RunningProcess {
  readonly pid: number;
  /** SIGTERM, then SIGKILL after 5 s; resolves when the process has ended. May be called twice. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** What it wrote until now, standard output and error in the order of arrival. */
  output(): string;
  /** Standard output alone. */
  stdout(): string;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const READY_TIMEOUT = 20_000;
const STOP_TIMEOUT = 5_000;
const ASK_EVERY = 20;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program and resolves once it is ready; whatever happens to the test process, the program ends with it. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const child = spawnBound(options);
  const name = basename(options.command);
  let text = '';
  let stdout = '';
  child.stdout?.on('data', (piece: string) => {
    stdout += piece;
    options.onStdout?.(piece);
  });
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve(signal ?? code ?? 0);
    });
  });
  ended.catch(() => running.delete(child));

  const handle: RunningProcess = {
    pid: child.pid ?? 0,
    ended,
    output: () => text,
    stdout: () => stdout,
    signal: (signal) => void child.kill(signal),
    async stop(signal = 'SIGTERM') {
      if (!running.has(child)) return;
      child.kill(signal);
      const hard = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
      await ended;
      clearTimeout(hard);
    },
  };
  const { ready, timeout = READY_TIMEOUT } = options;
  const over = new AbortController();
  const isReady = ready instanceof RegExp ? seen(ready, () => text, waiting) : asked(ready, over.signal);
  const outcome = await Promise.race([
    isReady.then(() => 'ready' as const),
    ended.then(
      (code) => `ended with ${code} before it was ready`,
      (error: unknown) => `could not be started: ${String(error)}`,
    ),
    delay(timeout, `was not ready after ${timeout} ms`, { signal: over.signal }).catch(() => 'over'),
  ]);
  over.abort();
  if (outcome === 'ready') return handle;
  await handle.stop('SIGKILL').catch(() => {});
  throw new Error(`${name} ${outcome}; it wrote:\n${text.slice(-4000)}`);
}

/** The kernel ends the program when the test process is killed; where setpriv is missing, the exit hook above has to do. */
function spawnBound({ command, args = [], env, cwd }: ProcessOptions): ChildProcess {
  const wrapper = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
  const [program, list] =
    wrapper === undefined ? [command, args] : [wrapper, ['--pdeathsig', 'KILL', command, ...args]];
  const child = spawn(program, [...list], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  running.add(child);
  return child;
}

function seen(pattern: RegExp, text: () => string, waiting: Set<() => void>): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!pattern.test(text())) return;
      waiting.delete(look);
      resolve();
    };
    waiting.add(look);
    look();
  });
}

async function asked(question: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await question().catch(() => false)) return;
    await delay(ASK_EVERY, undefined, { signal }).catch(() => {});
  }
}
