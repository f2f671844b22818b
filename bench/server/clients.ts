import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { peer } from '../../test/peers/require-peer.ts';
import type { KnownAccount, Serving } from './serving.ts';
import { ZONE } from './serving.ts';

const run = promisify(execFile);

export interface DnsRate {
  /** Answers a second. */
  readonly rate: number;
  readonly sent: number;
  readonly lost: number;
}

/** dnsperf with the questions of a file; `most`: questions a second at the most. */
export async function dnsRate(port: number, questions: string, seconds: number, most?: number): Promise<DnsRate> {
  const args = ['-s', '127.0.0.1', '-p', port, '-d', questions, '-l', seconds, '-e', '-c', 4, '-q', 200, '-t', 1];
  const limit = most === undefined ? [] : ['-Q', most];
  const { stdout } = await run(peer('dnsperf').path, [...args, ...limit].map(String), { maxBuffer: 2 ** 26 });
  const figure = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1]);
  return {
    rate: figure(/Queries per second:\s+([\d.]+)/),
    sent: figure(/Queries sent:\s+(\d+)/),
    lost: figure(/Queries lost:\s+(\d+)/),
  };
}

export function questionFile(folder: string, name: string, questions: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${questions.join('\n')}\n`);
  return path;
}

export const questionsFor = (known: readonly KnownAccount[]): string[] =>
  known.map(({ subdomain }) => `${subdomain}.${ZONE} TXT`);

/** Updates at a steady rate until the signal aborts; resolves to how many were acknowledged, and fails when one was not. */
export async function updateSteadily(serving: Serving, perSecond: number, signal: AbortSignal): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const under = new Set<Promise<void>>();
  const started = performance.now();
  let [sent, done] = [0, 0];
  const failures: unknown[] = [];
  while (!signal.aborted && failures.length === 0) {
    for (const due = ((performance.now() - started) / 1000) * perSecond; sent < due && under.size < 512; sent += 1) {
      const account = serving.known[sent % serving.known.length];
      if (account === undefined) throw new Error('there is no account');
      const one = update(agent, serving.apiPort, account, String(sent).padStart(43, '0'))
        .then(() => void (done += 1))
        .catch((error: unknown) => void failures.push(error))
        .finally(() => under.delete(one));
      under.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(under);
  agent.destroy();
  if (failures.length > 0) throw failures[0];
  return done;
}

function update(agent: Agent, port: number, account: KnownAccount, txt: string): Promise<void> {
  const headers = { 'x-api-user': account.username, 'x-api-key': account.password };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { agent, host: '127.0.0.1', port, path: '/update', method: 'POST', headers },
      (response) => {
        response.resume().on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`/update: ${response.statusCode}`));
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify({ subdomain: account.subdomain, txt }));
  });
}

/** Opens connections, `atOnce` of them at a time, and drops each as soon as it is there. Resolves to the time it took, in ms. */
export async function openAndDrop(port: number, count: number, atOnce: number): Promise<number> {
  const started = performance.now();
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await new Promise<void>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => socket.resetAndDestroy());
        socket.once('error', reject).once('close', () => resolve());
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return performance.now() - started;
}
