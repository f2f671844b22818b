/**
 * `evercert serve` under the load of a server of many: updates and registrations, DNS while updates come in, a thousand accounts and a
 * million, a flood of questions for other zones, connections that are dropped, and, with --soak SECONDS, an hour's work in that time.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { tempFolder } from '../test/peers/temp-folder.ts';
import { startNsdOf } from './dns/nsd.ts';
import { median } from './issuance/median.ts';
import { dnsRate, openAndDrop, questionFile, questionsFor, updateSteadily } from './server/clients.ts';
import { residentMemory, startServing } from './server/serving.ts';
import type { Serving } from './server/serving.ts';
import { soak } from './server/soak.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    soak: { type: 'string' },
  },
});
const rounds = flags.quick ? 1 : 5;
const seconds = flags.quick ? 1 : 3;
const many = flags.quick ? 100_000 : 1_000_000;
const folder = tempFolder('bench-server-clients');
const figures: Record<string, number> = {};

if (flags.soak === undefined) await everything();
else Object.assign(figures, await withServing(10_000, (serving) => soak(serving, Number(flags.soak), folder.path)));
folder.remove();
if (flags.json) console.log(JSON.stringify(figures));
else for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(40)}${figure}`);

async function everything(): Promise<void> {
  await withServing(1000, async (few) => {
    Object.assign(figures, await callRates(few, ''));
    await besideNsd(few);
    await flood(few);
    await drops(few);
    await withServing(many, async (lots) => {
      figures['startFirstAnswerMs'] = Math.round(lots.firstAnswerMs);
      figures['startAllServedMs'] = Math.round(lots.allServedMs);
      figures['memoryMb'] = Math.round(lots.memoryAtRest);
      figures['bytesPerAccount'] = Math.round(((lots.memoryAtRest - few.memoryAtRest) * 2 ** 20) / (many - 1000));
      await flatness(few, lots);
    });
  });
}

async function withServing<T>(accounts: number, work: (serving: Serving) => Promise<T>): Promise<T> {
  const serving = await startServing(accounts);
  try {
    return await work(serving);
  } finally {
    await serving.stop();
  }
}

/** By another process, 32 calls at a time. */
async function callRates({ apiPort }: Serving, suffix: string): Promise<Record<string, number>> {
  const script = fileURLToPath(new URL('http-api.ts', import.meta.url));
  const args = [script, '--port', String(apiPort), '--seconds', String(seconds), '--concurrency', '32'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const figure = (call: string, what: RegExp): number => {
    const line = stdout.split('\n').find((one) => one.startsWith(call)) ?? '';
    return Number(what.exec(line)?.[1]);
  };
  const rate = /(\d+)\/s/;
  const p99 = /p99 ([\d.]+)/;
  return {
    [`registersPerSecond${suffix}`]: figure('register', rate),
    [`registerP99Ms${suffix}`]: figure('register', p99),
    [`updatesPerSecond${suffix}`]: figure('update', rate),
    [`updateP99Ms${suffix}`]: figure('update', p99),
  };
}

/** In turn, with 500 updates a second coming in at ours all the while. */
async function besideNsd(serving: Serving): Promise<void> {
  const nsd = await startSameInNsd(serving);
  const questions = questionFile(folder.path, 'known', questionsFor(serving.known));
  const stop = new AbortController();
  const started = performance.now();
  const updating = updateSteadily(serving, 500, stop.signal);
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const theirs = await dnsRate(nsd.port, questions, seconds);
    const ours = await dnsRate(serving.dnsPort, questions, seconds);
    ratios.push(ours.rate / theirs.rate);
  }
  stop.abort();
  const updates = await updating;
  figures['dnsBesideNsdWith500Updates'] = round2(median(ratios));
  figures['updatesPerSecondMeanwhile'] = Math.round(updates / ((performance.now() - started) / 1000));
  await nsd.stop();
}

/** Two values at each name, as ours has. */
function startSameInNsd({ known }: Serving) {
  const names = known.flatMap(({ subdomain }) =>
    ['a', 'b'].map((letter) => ({ name: `${subdomain}.auth.example.net`, value: letter.repeat(43) })),
  );
  return startNsdOf(names, folder.path);
}

/** 2,000 questions a second for our zone, alone and beside as many for other zones as one process can send; and the same asked of NSD. */
async function flood(serving: Serving): Promise<void> {
  const own = questionFile(folder.path, 'own', questionsFor(serving.known));
  const foreign = questionFile(
    folder.path,
    'foreign',
    Array.from({ length: 1000 }, (_, at) => `host${at}.example.com A`),
  );
  const flooded = async (port: number): Promise<{ lost: number; flood: number }> => {
    const [answered, flooding] = await Promise.all([
      dnsRate(port, own, seconds * 2, 2000),
      // Most of these get no answer: with few waiting at a time dnsperf would stop sending.
      sendUnanswered(port, foreign, seconds * 2),
    ]);
    return { lost: round2((answered.lost / answered.sent) * 100), flood: Math.round(flooding) };
  };
  const alone = await dnsRate(serving.dnsPort, own, seconds, 2000);
  figures['lostAlonePercent'] = round2((alone.lost / alone.sent) * 100);
  const nsd = await startSameInNsd(serving);
  const [ours, theirs] = [await flooded(serving.dnsPort), await flooded(nsd.port)];
  await nsd.stop();
  figures['lostInFloodPercent'] = ours.lost;
  figures['floodPerSecond'] = ours.flood;
  figures['lostInFloodPercentNsd'] = theirs.lost;
  figures['floodPerSecondNsd'] = theirs.flood;
}

async function sendUnanswered(port: number, questions: string, forSeconds: number): Promise<number> {
  const script = fileURLToPath(new URL('server/flood.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, String(port), questions, String(forSeconds)]);
  return Number(stdout);
}

async function drops(serving: Serving): Promise<void> {
  const before = residentMemory(serving.pid);
  figures['tenThousandDnsConnectionsMs'] = Math.round(await openAndDrop(serving.dnsPort, 10_000, 100));
  figures['tenThousandHttpConnectionsMs'] = Math.round(await openAndDrop(serving.apiPort, 10_000, 100));
  figures['memoryGrownByThemMb'] = Math.round(residentMemory(serving.pid) - before);
}

/** Rounds in turn, so that what else the machine does hits both alike. */
async function flatness(few: Serving, lots: Serving): Promise<void> {
  const questions = [few, lots].map(({ known }, at) => questionFile(folder.path, `flat${at}`, questionsFor(known)));
  const [dns, updates]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const [one, other] = [
      await dnsRate(few.dnsPort, questions[0] ?? '', seconds),
      await dnsRate(lots.dnsPort, questions[1] ?? '', seconds),
    ];
    dns.push(other.rate / one.rate);
    const [small, large] = [await callRates(few, ''), await callRates(lots, '')];
    updates.push((large['updatesPerSecond'] ?? 0) / (small['updatesPerSecond'] ?? 0));
  }
  figures['dnsFlatness'] = round2(median(dns));
  figures['updateFlatness'] = round2(median(updates));
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
