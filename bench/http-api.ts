/**
 * How many /register and /update per second one process acknowledges, durable in a SQLite file on disk, asked over real
 * sockets by another process with 32 connections; and how long a start with many accounts takes.
 *
 *   node bench/http-api.ts [--seconds 5] [--concurrency 32] [--accounts 0] [--folder DIR]
 *
 * Beside each rate stands the probe: 4 KiB written and fsynced in the same folder, one at a time, which is what a server that
 * commits each update alone could reach at most.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createAccount } from '../src/acmedns/account.ts';
import { createChallengeZone } from '../src/acmedns/challenge-zone.ts';
import { systemClock } from '../src/core/clock.ts';
import { parseDomainName } from '../src/core/domain-name.ts';
import { createNameTable } from '../src/dns/name-table.ts';
import { createApi } from '../src/http/api.ts';
import { startHttp } from '../src/http/listener.ts';
import { openDatabase } from '../src/store/database.ts';
import { createSqliteAccountStore } from '../src/store/sqlite-account-store.ts';

interface Call {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

interface Account {
  readonly username: string;
  readonly password: string;
  readonly subdomain: string;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '32' },
    accounts: { type: 'string', default: '0' },
    folder: { type: 'string', default: tmpdir() },
    port: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const concurrency = Number(values.concurrency);

if (values.port === undefined) await serveAndMeasure();
else await load(Number(values.port));

async function serveAndMeasure(): Promise<void> {
  const folder = mkdtempSync(join(values.folder, 'evercert-bench-'));
  try {
    const file = join(folder, 'evercert.db');
    const wanted = Number(values.accounts);
    if (wanted > 0) await fill(file, wanted);
    const started = performance.now();
    const database = openDatabase(file);
    const zone = createChallengeZone({
      origin: parseDomainName('auth.example.net'),
      names: createNameTable(),
      store: createSqliteAccountStore(database),
      clock: systemClock,
    });
    const { served } = await zone.load();
    if (served > 0) {
      const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
      console.log(
        `load      ${served} accounts in ${(performance.now() - started).toFixed(0)} ms, resident memory ${memory} MiB`,
      );
    }
    const http = await startHttp({ listeners: [{ address: '127.0.0.1', port: 0 }], app: createApi({ zone }) });
    console.log(`probe     ${fsyncRate(folder).toFixed(0)} fsync/s`);
    const args = [
      '--port',
      String(http.addresses[0]?.port),
      '--seconds',
      values.seconds,
      '--concurrency',
      values.concurrency,
    ];
    const client = fork(import.meta.filename, args);
    const [code] = (await once(client, 'exit')) as [number];
    await http.stop();
    database.close();
    process.exitCode = code;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Accounts as a long life leaves them: every tenth with two values. */
async function fill(file: string, count: number): Promise<void> {
  const database = openDatabase(file);
  const store = createSqliteAccountStore(database);
  for (let done = 0; done < count; done += 10_000) {
    const batch = Array.from({ length: Math.min(10_000, count - done) }, () => createAccount([], Date.now()).account);
    await Promise.all(batch.map((account) => store.addAccount(account)));
    const used = batch.filter((_, index) => index % 10 === 0);
    const rows = ['a', 'b'].map((letter, index) => ({ value: letter.repeat(43), updatedAt: index, held: false }));
    await Promise.all(used.map(({ subdomain }) => store.changeTxt(subdomain, () => rows)));
  }
  database.close();
}

function fsyncRate(folder: string): number {
  const file = openSync(join(folder, 'probe'), 'w');
  const page = Buffer.alloc(4096);
  const started = performance.now();
  let count = 0;
  for (; performance.now() - started < 1000; count += 1) {
    writeSync(file, page, 0, page.length, 0);
    fsyncSync(file);
  }
  closeSync(file);
  return count;
}

async function load(port: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const accounts: Account[] = [];
  const register: Call = { path: '/register', headers: {}, body: '' };
  await measure('register', async () => {
    accounts.push(JSON.parse(await call(agent, port, register, 201)) as Account);
  });
  let turn = 0;
  await measure('update', async () => {
    turn += 1;
    const account = accounts[turn % accounts.length];
    if (account === undefined) throw new Error('no account was registered');
    const txt = String(turn).padStart(43, '0');
    await call(agent, port, updateCall(account, txt), 200);
  });
  agent.destroy();
}

function updateCall(account: Account, txt: string): Call {
  return {
    path: '/update',
    headers: { 'x-api-user': account.username, 'x-api-key': account.password, 'content-type': 'application/json' },
    body: JSON.stringify({ subdomain: account.subdomain, txt }),
  };
}

async function measure(name: string, once_: () => Promise<void>): Promise<void> {
  const run = async (milliseconds: number): Promise<number[]> => {
    const end = performance.now() + milliseconds;
    const times: number[] = [];
    const worker = async () => {
      for (let at = performance.now(); at < end;) {
        await once_();
        const after = performance.now();
        times.push(after - at);
        at = after;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return times.toSorted((a, b) => a - b);
  };
  await run(1000);
  const times = await run(seconds * 1000);
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(1);
  const rate = (times.length / seconds).toFixed(0);
  console.log(
    `${name.padEnd(9)} ${rate}/s at concurrency ${concurrency}; ms: p50 ${at(0.5)} p99 ${at(0.99)} max ${at(0.999999)}`,
  );
}

function call(agent: Agent, port: number, { path, headers, body }: Call, expected: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode === expected) resolve(text);
        else reject(new Error(`${path}: ${response.statusCode} ${text}`));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
