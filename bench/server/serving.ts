import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccount } from '../../src/acmedns/account.ts';
import { query } from '../../src/dns/query.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createSqliteAccountStore } from '../../src/store/sqlite-account-store.ts';
import { startEvercert } from '../../test/peers/evercert.ts';
import { freePort } from '../../test/peers/free-port.ts';
import { tempFolder } from '../../test/peers/temp-folder.ts';

export const ZONE = 'auth.example.net';

/** An account whose key is known, for clients of the bench. */
export interface KnownAccount {
  readonly username: string;
  readonly password: string;
  readonly subdomain: string;
}

/** `evercert serve` as anybody starts it, with accounts in its database. */
export interface Serving {
  readonly pid: number;
  readonly dnsPort: number;
  readonly apiPort: number;
  /** A thousand of its accounts; each has two values. */
  readonly known: readonly KnownAccount[];
  /** From the start of the process, in ms: to the first answer, and to the answer of the name that was loaded last. */
  readonly firstAnswerMs: number;
  readonly allServedMs: number;
  /** Resident, in MiB, when all is served and nobody has asked for more. */
  readonly memoryAtRest: number;
  stop(): Promise<void>;
}

const KNOWN = 1000;
const signal = AbortSignal.timeout(3_600_000);

export async function startServing(accounts: number): Promise<Serving> {
  const folder = tempFolder('bench-server');
  const data = join(folder.path, 'data');
  const [dnsPort, apiPort] = [await freePort(), await freePort()];
  const file = join(folder.path, 'evercert.toml');
  writeFileSync(
    file,
    `data = "${data}"
[zone]
name = "${ZONE}"
records = ["${ZONE}. A 127.0.0.1"]
[dns]
listen = ["127.0.0.1:${dnsPort}"]
[api]
listen = ["127.0.0.1:${apiPort}"]
registrations_per_hour = 0
max_connections_per_address = 0
[log]
level = "warn"
`,
  );
  mkdirSync(data, { mode: 0o700 });
  const { known, last } = await fill(join(data, 'evercert.db'), accounts);
  const started = performance.now();
  const times = Promise.all([
    untilAnswered(dnsPort, ZONE, 'SOA', started),
    untilAnswered(dnsPort, last, 'TXT', started),
  ]);
  const { process: child } = await startEvercert(['serve', '--config', file]);
  const [firstAnswerMs, allServedMs] = await times;
  await untilHealthy(apiPort);
  return {
    pid: child.pid,
    dnsPort,
    apiPort,
    known,
    firstAnswerMs,
    allServedMs,
    memoryAtRest: residentMemory(child.pid),
    async stop() {
      await child.stop();
      folder.remove();
    },
  };
}

/** Resident memory in MiB. */
export function residentMemory(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Accounts as a long life leaves them: every tenth, and those that are known, with two values. */
async function fill(file: string, count: number): Promise<{ known: KnownAccount[]; last: string }> {
  const database = openDatabase(file);
  const store = createSqliteAccountStore(database);
  const known: KnownAccount[] = [];
  let last = '';
  for (let done = 0; done < count; done += 10_000) {
    const batch = Array.from({ length: Math.min(10_000, count - done) }, () => createAccount([], Date.now()));
    await Promise.all(batch.map(({ account }) => store.addAccount(account)));
    const used = batch.filter((_, index) => index % 10 === 0 || done + index < KNOWN);
    const rows = ['a', 'b'].map((letter, index) => ({ value: letter.repeat(43), updatedAt: index, held: false }));
    await Promise.all(used.map(({ account }) => store.changeTxt(account.subdomain, () => rows)));
    for (const { account, key } of batch.slice(0, Math.max(0, KNOWN - done)))
      known.push({ username: account.username, password: key, subdomain: account.subdomain });
    for (const { account } of batch) if (account.subdomain > last) last = account.subdomain;
  }
  database.close();
  return { known, last: `${last}.${ZONE}` };
}

async function untilHealthy(port: number): Promise<void> {
  for (;;) {
    const asked = await fetch(`http://127.0.0.1:${port}/health`, { signal }).catch(() => undefined);
    if (asked?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function untilAnswered(port: number, name: string, type: 'SOA' | 'TXT', started: number): Promise<number> {
  for (;;) {
    const asked = query({ name, type }, { address: '127.0.0.1', port }, { signal, timeout: 1000 });
    const reply = await asked.catch(() => undefined);
    if (reply?.rcode === 'NOERROR') return performance.now() - started;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
