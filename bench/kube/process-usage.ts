import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Clock ticks of /proc in one second. */
const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
/** At rest: in so many ms it has used less than a twentieth of one processor. */
const QUIET = 2000;
const LOOK_EVERY = 100;

/** CPU seconds of all threads of a process since its start, by user and system together. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program stands in parentheses and may have spaces in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

export function residentMegabytes(pid: number): number {
  return megabytes(pid, 'VmRSS');
}

export function peakMegabytes(pid: number): number {
  return megabytes(pid, 'VmHWM');
}

function megabytes(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

/**
 * Resolves to the moment (of `performance.now`) at which a process came to rest. Watched from outside: to ask a process often how far it is would
 * be measured too.
 */
export async function untilAtRest(pid: number, timeout: number): Promise<number> {
  const limit = performance.now() + timeout;
  let since = performance.now();
  let used = cpuSeconds(pid);
  while (performance.now() - since < QUIET) {
    if (performance.now() > limit) throw new Error(`process ${pid} has not come to rest within ${timeout} ms`);
    await delay(LOOK_EVERY);
    if (cpuSeconds(pid) - used < QUIET / 1000 / 20) continue;
    used = cpuSeconds(pid);
    since = performance.now();
  }
  return since;
}
