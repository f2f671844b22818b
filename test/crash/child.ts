import { startChain } from './chain.ts';
import type { ChainOptions } from './chain.ts';

/**
 * The whole chain but the CA as a program of its own, to be killed. Its one argument is JSON: ChainOptions, and `killAt`: the number
 * of the moment (counted from 1, before and after each boundary) at which it kills itself with SIGKILL; 0 never.
 *
 * Writes one JSON line, a ChildReport.
 */
export interface ChildOptions extends ChainOptions {
  readonly killAt: number;
}

export interface ChildReport {
  readonly plan: string;
  /** What is planned after that: `current` when all is well. */
  readonly next: string;
  /** What each moment was, in order. */
  readonly moments: readonly string[];
  readonly leftBehind: readonly string[];
}

const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions;
const moments: string[] = [];
const { signal } = new AbortController();

const chain = await startChain(
  options,
  (moment, what) => {
    moments.push(`${moment} ${what}`);
    if (moments.length === options.killAt) process.kill(process.pid, 'SIGKILL');
  },
  () => {},
);
const plan = await chain.carryOn(signal);
const next = await chain.carryOn(signal);
const leftBehind = await chain.leftBehind(signal);
await chain.stop();
const report: ChildReport = { plan, next, moments, leftBehind };
console.log(JSON.stringify(report));
