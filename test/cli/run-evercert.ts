import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
/** What a person starts. */
export const program = join(projectFolder, 'evercert');

/** How a run of evercert ended. */
export interface Run {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Added to the environment, which otherwise says nothing to evercert. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs as this user; only root can. */
  readonly uid?: number;
  /** In place of ./evercert. */
  readonly program?: string;
  /** ms until it is killed and the test fails; default 60 s. */
  readonly timeout?: number;
}

/** One line of `-o json`, or of a log in JSON. */
export type Line = Readonly<Record<string, unknown>>;

export interface RunningEvercert {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** The JSON lines of both outputs until now: events, or a log. Other lines are passed over. */
  events(): readonly Line[];
  /** Resolves once both outputs together, as they came, match. Fails when the process ends before. */
  waitFor(pattern: RegExp): Promise<void>;
  /** The first line of this event, and of this certificate when one is named, after the first `skip` of them. */
  waitForEvent(event: string, which?: { readonly certificate?: string; readonly skip?: number }): Promise<Line>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Run>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs it to its end. */
export function evercert(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return startEvercert(args, options).ended;
}

/** Starts it as a process of its own, that ends with the test at the latest. */
export function startEvercert(args: readonly string[], options: RunOptions = {}): RunningEvercert {
  const child = spawnBound(options.program ?? program, args, options);
  let stdout = '';
  let stderr = '';
  let both = '';
  const looks = new Set<() => void>();
  const take = (piece: string): void => {
    both += piece;
    for (const look of looks) look();
  };
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    stdout += piece;
    take(piece);
  });
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    stderr += piece;
    take(piece);
  });
  const { timeout = 60_000 } = options;
  const ended = new Promise<Run>((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`evercert ${args.join(' ')} was not done after ${timeout} ms; it wrote:\n${both}`));
    }, timeout);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      running.delete(child);
      resolve({ code: signal ?? code ?? 0, stdout, stderr });
    });
  });
  ended.catch(() => {});

  /** The first value that `find` has, now or when more was written. */
  async function until<T>(find: () => T | undefined, what: string): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const look = (): void => {
      const found = find();
      if (found !== undefined) resolve(found);
    };
    looks.add(look);
    look();
    const over = ended.then(({ code }) => {
      throw new Error(`evercert ended with ${code} without ${what}; it wrote:\n${both.slice(-4000)}`);
    });
    try {
      return await Promise.race([promise, over]);
    } finally {
      looks.delete(look);
    }
  }

  const events = (): Line[] =>
    [stdout, stderr].flatMap((text) =>
      jsonLines(
        text
          .split('\n')
          .slice(0, -1)
          .filter((line) => line.startsWith('{'))
          .join('\n'),
      ),
    );
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    events,
    waitFor: async (pattern) => void (await until(() => (pattern.test(both) ? true : undefined), String(pattern))),
    waitForEvent: (event, { certificate, skip = 0 } = {}) =>
      until(
        () =>
          events().filter(
            (line) => line['event'] === event && (certificate === undefined || line['certificate'] === certificate),
          )[skip],
        `the event ${event}${certificate === undefined ? '' : ` of ${certificate}`}`,
      ),
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** Every line as JSON; what is none makes the test fail. */
export function jsonLines(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** The kernel ends it when the test is killed, where setpriv is there to ask for that. */
function spawnBound(command: string, args: readonly string[], { env, cwd, uid }: RunOptions): ChildProcess {
  const wrapper = '/usr/bin/setpriv';
  const user = uid === undefined ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const [file, list] = existsSync(wrapper)
    ? [wrapper, [...user, '--pdeathsig', 'KILL', command, ...args]]
    : [command, [...args]];
  const child = spawn(file, list, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...cleanEnvironment(), ...env },
    ...(cwd !== undefined && { cwd }),
  });
  running.add(child);
  return child;
}

/** Without what a developer may have set. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('EVERCERT_') && !['NO_COLOR', 'FORCE_COLOR', 'NODE_OPTIONS'].includes(name),
  );
  return Object.fromEntries(entries);
}

/** Why a test as another user cannot run here, or false when it can. */
export function cannotBeNobody(): string | false {
  if (process.getuid?.() !== 0) return 'only root can run a program as somebody else';
  return existsSync('/usr/bin/setpriv') ? false : 'setpriv is missing';
}

/** The user nobody. */
export const NOBODY = 65_534;
