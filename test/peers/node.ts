import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DomainName } from '../../src/core/domain-name.ts';
import { query } from '../../src/dns/query.ts';
import { txtValue } from '../../src/dns/record.ts';
import { freePort } from './free-port.ts';
import { startProcess } from './process.ts';
import type { RunningProcess } from './process.ts';
import { tempFolder } from './temp-folder.ts';

const program = fileURLToPath(new URL('../../evercert', import.meta.url));
export const ZONE = 'auth.example.net';

export interface NodeOptions {
  /** URL of the database that the nodes share. */
  readonly database: string;
  /** Where it listens; default 127.0.0.1. */
  readonly address?: string;
  /** Program and arguments that it is started through, such as `ip netns exec NAME`. */
  readonly through?: readonly string[];
  /** TOML at the end of the configuration. */
  readonly more?: string;
}

/** What /register answers. */
export interface NodeAccount {
  readonly username: string;
  readonly password: string;
  readonly subdomain: string;
  readonly fulldomain: string;
}

/** What DNS says of a label: its values in order, or the code when there is no such name. */
export type Answered = readonly string[] | 'NXDOMAIN' | 'SERVFAIL' | 'silent';

/** One `evercert serve` of several on one database, each a process with its own data folder and ports. */
export interface EvercertNode {
  readonly configFile: string;
  readonly data: string;
  register(): Promise<NodeAccount>;
  /** Status and body. */
  update(account: NodeAccount, txt: string): Promise<{ status: number; body: string }>;
  /** POST or whatever, to its API. */
  call(path: string, init?: RequestInit): Promise<Response>;
  ask(name: string): Promise<Answered>;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** What it wrote since it was last started. */
  output(): string;
  /** Stops it for good and removes its folder. */
  remove(): Promise<void>;
}

export async function startNode(options: NodeOptions): Promise<EvercertNode> {
  const { database, address = '127.0.0.1', through = [], more = '' } = options;
  const folder = tempFolder('node');
  const [dnsPort, apiPort] = [await freePort(), await freePort()];
  const configFile = join(folder.path, 'evercert.toml');
  const data = join(folder.path, 'data');
  const lines = [
    `data = "${data}"`,
    `[database]\nurl = "${database}"`,
    `[zone]\nname = "${ZONE}"\nrecords = ["${ZONE}. A 192.0.2.1"]`,
    `[dns]\nlisten = ["${address}:${dnsPort}"]\nworkers = 0`,
    `[api]\nlisten = ["${address}:${apiPort}"]`,
    more,
  ];
  writeFileSync(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  let running: RunningProcess | undefined;
  let written = '';

  async function call(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(`http://${address}:${apiPort}${path}`, { signal: AbortSignal.timeout(20_000), ...init });
  }

  const node: EvercertNode = {
    configFile,
    data,
    call,
    output: () => running?.output() ?? written,
    async register() {
      const response = await call('/register', { method: 'POST' });
      if (response.status !== 201) throw new Error(`register: ${response.status} ${await response.text()}`);
      return (await response.json()) as NodeAccount;
    },
    async update({ username, password, subdomain }, txt) {
      const headers = { 'x-api-user': username, 'x-api-key': password };
      const response = await call('/update', { method: 'POST', headers, body: JSON.stringify({ subdomain, txt }) });
      return { status: response.status, body: await response.text() };
    },
    async ask(name) {
      const question = { name: name as DomainName, type: 'TXT' as const };
      const at = { address, port: dnsPort };
      const reply = await query(question, at, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
      if (reply === undefined) return 'silent';
      if (reply.rcode === 'NXDOMAIN' || reply.rcode === 'SERVFAIL') return reply.rcode;
      return reply.answers.flatMap((record) => (record.type === 'TXT' ? [txtValue(record)] : [])).toSorted();
    },
    async start() {
      const line = [...through, program, 'serve', '--config', configFile];
      running = await startProcess({
        command: line[0] ?? program,
        args: line.slice(1),
        env: { NO_COLOR: '1' },
        ready: async () => (await node.ask(ZONE)) !== 'silent' && (await call('/health')).status === 200,
      });
    },
    async stop(signal = 'SIGTERM') {
      await running?.stop(signal);
      written = running?.output() ?? written;
      running = undefined;
    },
    async remove() {
      await node.stop('SIGKILL');
      folder.remove();
    },
  };
  await node.start();
  return node;
}
