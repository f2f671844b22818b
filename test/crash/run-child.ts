import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { ChildOptions, ChildReport } from './child.ts';

const program = fileURLToPath(new URL('./child.ts', import.meta.url));
/** ms; a run takes one or two seconds. */
const LONGEST_RUN = 60_000;

export type ChildEnd =
  | { readonly kind: 'killed' }
  | { readonly kind: 'finished'; readonly report: ChildReport }
  | { readonly kind: 'broken'; readonly output: string };

/** Runs the child program to its end, whichever that is. */
export async function runChild(options: ChildOptions): Promise<ChildEnd> {
  const child = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_RUN,
    killSignal: 'SIGTERM',
  });
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  if (signal === 'SIGKILL') return { kind: 'killed' };
  if (code !== 0) return { kind: 'broken', output: `${signal ?? code}: ${stderr}${stdout}` };
  return { kind: 'finished', report: JSON.parse(stdout) as ChildReport };
}
