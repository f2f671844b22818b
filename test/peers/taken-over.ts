import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { query } from '../../src/dns/query.ts';
import { txtValue } from '../../src/dns/record.ts';
import { freePort } from './free-port.ts';
import { startProcess } from './process.ts';
import type { RunningProcess } from './process.ts';
import type { TempFolder } from './temp-folder.ts';

const program = fileURLToPath(new URL('../../evercert', import.meta.url));

export interface TakenOver {
  readonly configFile: string;
  readonly dnsPort: number;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** What it wrote since it was last started. */
  output(): string;
  /** The TXT values at a label, in order; undefined when there is no such name. */
  txt(subdomain: string): Promise<readonly string[] | undefined>;
  /** Status and body. */
  update(account: Updating, txt: string): Promise<{ status: number; body: string }>;
  call(path: string, init?: RequestInit): Promise<Response>;
}

interface Updating {
  readonly username: string;
  readonly password: string;
  readonly subdomain: string;
}

export interface TakeOverOptions {
  /** Where it is started, with config.cfg in it. */
  readonly folder: TempFolder;
  readonly zone: string;
  /** Lines below [database] of config.cfg. */
  readonly config: readonly string[];
  /** Where DNS is served on 127.0.0.1; default a free port. */
  readonly dnsPort?: number;
  /** At the end of the file: tables of evercert's own. */
  readonly more?: string;
}

/** `evercert serve --config config.cfg`, with a file as acme-dns has it. */
export async function takeOver(options: TakeOverOptions): Promise<TakenOver> {
  const { folder, zone, config, dnsPort = await freePort(), more = '' } = options;
  const apiPort = await freePort();
  const configFile = join(folder.path, 'config.cfg');
  const lines = [
    '[general]',
    `listen = "127.0.0.1:${dnsPort}"`,
    'protocol = "both"',
    `domain = "${zone}"`,
    `nsname = "${zone}"`,
    'nsadmin = "admin.example.org"',
    `records = [ "${zone}. A 198.51.100.1", "${zone}. NS ${zone}.", "no record", "www.example.net. A 198.51.100.2", ]`,
    'debug = false',
    '[database]',
    ...config,
    '[api]',
    'ip = "127.0.0.1"',
    'disable_registration = false',
    `port = "${apiPort}"`,
    'tls = "none"',
    'corsorigins = [ "*" ]',
    'use_header = false',
    '[logconfig]',
    'loglevel = "info"',
    'logtype = "stdout"',
    'logformat = "text"',
    more,
  ];
  writeFileSync(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  let running: RunningProcess | undefined;

  async function call(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(`http://127.0.0.1:${apiPort}${path}`, { signal: AbortSignal.timeout(20_000), ...init });
  }

  return {
    configFile,
    dnsPort,
    call,
    output: () => running?.output() ?? '',
    async start() {
      running = await startProcess({
        command: program,
        args: ['serve', '-c', configFile],
        // With PostgreSQL, config.cfg names no folder for what is not in the database.
        env: {
          NO_COLOR: '1',
          ...(config[0]?.includes('postgres') === true && { EVERCERT_DATA: join(folder.path, 'data') }),
        },
        cwd: folder.path,
        ready: /challenge zone loaded/,
        timeout: 60_000,
      });
    },
    async stop(signal) {
      await running?.stop(signal);
    },
    async txt(subdomain) {
      const name = parseDomainName(`${subdomain}.${zone}`);
      const server = { address: '127.0.0.1', port: dnsPort };
      const reply = await query({ name, type: 'TXT' }, server, { signal: AbortSignal.timeout(10_000) });
      if (reply.rcode === 'NXDOMAIN') return undefined;
      if (reply.rcode !== 'NOERROR') throw new Error(`${name} TXT was answered with ${reply.rcode}`);
      return reply.answers.flatMap((record) => (record.type === 'TXT' ? [txtValue(record)] : [])).toSorted();
    },
    async update({ username, password, subdomain }, txt) {
      const headers = { 'x-api-user': username, 'x-api-key': password };
      const response = await call('/update', { method: 'POST', headers, body: JSON.stringify({ subdomain, txt }) });
      return { status: response.status, body: await response.text() };
    },
  };
}
