import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { freePort } from '../test/peers/free-port.ts';
import { type RunningProcess, startProcess } from '../test/peers/process.ts';
import { peer } from '../test/peers/require-peer.ts';
import { tempFolder } from '../test/peers/temp-folder.ts';
import { namesWithValues } from './dns/names.ts';
import { startNsdOf } from './dns/nsd.ts';

// How fast DNS answers, beside NSD with one server process in the same run; how flat with the number of names; how much memory.
const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const seconds = flags.seconds ?? (flags.quick ? '1' : '3');
const rounds = Number(flags.quick ? 1 : flags.rounds);
const many = flags.quick ? 100_000 : 1_000_000;
const folder = tempFolder('bench-dns');
const run = promisify(execFile);

interface Candidate {
  readonly name: string;
  readonly process: RunningProcess;
  readonly port: number;
  readonly queries: string;
}

async function startOurs(count: number, workers: number): Promise<Candidate> {
  const port = await freePort();
  const script = fileURLToPath(new URL('dns/serve-names.ts', import.meta.url));
  const args = [script, port, count, workers].map(String);
  const process_ = await startProcess({ command: process.execPath, args, ready: /^ready$/m, timeout: 120_000 });
  return { name: `evercert, ${count} names, ${workers} worker(s)`, process: process_, port, queries: queryFile(count) };
}

async function startNsd(count: number): Promise<Candidate> {
  const nsd = await startNsdOf(namesWithValues(count), folder.path);
  return { name: `NSD, ${count} names, 1 server process`, ...nsd, queries: queryFile(count) };
}

function queryFile(count: number): string {
  const path = `${folder.path}/queries-${count}`;
  const lines: string[] = [];
  // As many as it takes to touch all of a small zone and to keep no processor's cache warm in a large one.
  const step = Math.max(1, Math.floor(count / 200_000));
  let at = 0;
  for (const { name } of namesWithValues(count)) if (at++ % step === 0) lines.push(`${name} TXT`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

async function rate(candidate: Candidate): Promise<number> {
  const args = [
    '-s',
    '127.0.0.1',
    '-p',
    candidate.port,
    '-d',
    candidate.queries,
    '-l',
    seconds,
    '-e',
    '-c',
    4,
    '-q',
    200,
  ].map(String);
  const { stdout } = await run(peer('dnsperf').path, args);
  const lost = Number(/Queries lost:\s+(\d+)/.exec(stdout)?.[1]);
  const wrong = !/Response codes:\s+NOERROR \d+ \(100\.00%\)/.test(stdout);
  if (wrong) throw new Error(`${candidate.name} did not answer every query:\n${stdout}`);
  if (lost > 0) console.error(`${candidate.name} lost ${lost} queries`);
  return Number(/Queries per second:\s+([\d.]+)/.exec(stdout)?.[1]);
}

function memory(candidate: Candidate): number {
  const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${candidate.process.pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) / 1024;
}

interface Comparison {
  readonly first: number;
  readonly second: number;
  readonly ratio: number;
}

/**
 * Medians of two rates, and of the second beside the first. They are taken in turn, and compared round by round, so that what else
 * the machine does hits both alike.
 */
async function compare(first: Candidate, second: Candidate): Promise<Comparison> {
  const rates: { first: number; second: number }[] = [];
  for (let round = 0; round < rounds; round++) rates.push({ first: await rate(first), second: await rate(second) });
  return {
    first: median(rates.map((each) => each.first)),
    second: median(rates.map((each) => each.second)),
    ratio: median(rates.map((each) => each.second / each.first)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const [nsd, small] = [await startNsd(10_000), await startOurs(10_000, 1)];
const beside = await compare(nsd, small);
await Promise.all([nsd.process.stop(), small.process.stop()]);
const [few, large] = [await startOurs(1000, 1), await startOurs(many, 1)];
const flat = await compare(few, large);
const memoryOfOne = memory(large);
await Promise.all([few.process.stop(), large.process.stop()]);
const wide = await startOurs(many, 4);
await rate(wide);
const memoryOfFour = memory(wide);
await wide.process.stop();

const figures = {
  nsdRate: Math.round(beside.first),
  rate: Math.round(beside.second),
  besideNsd: round2(beside.ratio),
  rateOf1000: Math.round(flat.first),
  [`rateOf${many}`]: Math.round(flat.second),
  flatness: round2(flat.ratio),
  [`megabytes${many}Names1Worker`]: Math.round(memoryOfOne),
  [`megabytes${many}Names4Workers`]: Math.round(memoryOfFour),
};
if (flags.json) console.log(JSON.stringify(figures));
else for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(36)}${figure}`);

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
