import { chownSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { startProcess } from './process.ts';
import type { RunningProcess } from './process.ts';
import { peer } from './require-peer.ts';
import { runProgram } from './run-program.ts';
import { tempFolder } from './temp-folder.ts';

export interface PostgresOptions {
  /** Where it listens; default 127.0.0.1. */
  readonly address?: string;
  /** Program and arguments that it is started through, such as `ip netns exec NAME`. */
  readonly through?: readonly string[];
  /** It is a copy of this one, and follows it until it is promoted. */
  readonly standbyOf?: PostgresPeer;
  /** PEM: TLS with this key and chain; with it nothing goes without TLS. */
  readonly tls?: { readonly key: string; readonly chain: string };
  /** As on its command line. Without fsync a test is quicker, and says nothing about the time that a disk takes. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A PostgreSQL of one test file, with an empty data folder at first. */
export interface PostgresPeer {
  readonly address: string;
  readonly port: number;
  readonly password: string;
  /** A new database of its own; resolves to the URL with user and password. */
  createDatabase(): Promise<string>;
  /** Runs one statement as the administrator. */
  run(statement: string, database?: string): Promise<pg.QueryResult>;
  /** fast: connections are cut. immediate: as if the power were lost. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  /** Stops it for good and removes its folder. */
  remove(): Promise<void>;
}

const NOBODY = 65_534;
const USER = 'evercert';

/** Starts PostgreSQL as a user without rights, since it refuses to run as root. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresPeer> {
  const { address = '127.0.0.1', through = [], settings = {}, tls, standbyOf } = options;
  const port = await freePort();
  const password = standbyOf?.password ?? randomBytes(12).toString('base64url');
  const folder = tempFolder('postgres');
  const data = join(folder.path, 'data');
  const passwordFile = join(folder.path, 'password');
  writeFileSync(passwordFile, password);
  mkdirSync(data, { mode: 0o700 });
  if (isRoot()) for (const path of [folder.path, data, passwordFile]) chownSync(path, NOBODY, NOBODY);
  // The programs that belong to it are beside it, and a link to it may stand elsewhere.
  const programs = dirname(realpathSync(peer('postgres').path));
  const initdb = [
    `--pgdata=${data}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--locale=C',
    '--encoding=UTF8',
    '--no-sync',
    '--no-instructions',
  ];
  const copy = [
    `--pgdata=${data}`,
    `--dbname=postgres://${USER}:${password}@${standbyOf?.address}:${standbyOf?.port}/postgres`,
    '--write-recovery-conf',
    '--checkpoint=fast',
    '--no-sync',
  ];
  const made = await runProgram({
    ...(standbyOf === undefined
      ? unprivileged(join(programs, 'initdb'), initdb)
      : unprivileged(join(programs, 'pg_basebackup'), copy)),
    cwd: folder.path,
  });
  if (made.code !== 0) throw new Error(`no data folder was made (${made.code}):\n${made.output}`);
  const host = tls === undefined ? 'host' : 'hostssl';
  const who = ['local all', `${host} all all`, `${host} replication all`];
  writeFileSync(join(data, 'pg_hba.conf'), who.map((line) => `${line} all scram-sha-256\n`).join(''));
  if (tls !== undefined) {
    for (const [name, content] of [['server.key', tls.key] as const, ['server.crt', tls.chain] as const]) {
      writeFileSync(join(data, name), content, { mode: 0o600 });
      if (isRoot()) chownSync(join(data, name), NOBODY, NOBODY);
    }
  }

  let running: RunningProcess | undefined;
  let databases = 0;
  const urlOf = (database: string) => `postgres://${USER}:${password}@${address}:${port}/${database}`;

  async function run(statement: string, database = 'postgres'): Promise<pg.QueryResult> {
    const client = new pg.Client({
      connectionString: urlOf(database),
      connectionTimeoutMillis: 10_000,
      ssl: tls === undefined ? false : { rejectUnauthorized: false },
    });
    client.on('error', () => {});
    await client.connect();
    try {
      return await client.query(statement);
    } finally {
      await client.end();
    }
  }

  const handle: PostgresPeer = {
    address,
    port,
    password,
    run,
    async createDatabase() {
      databases += 1;
      await run(`CREATE DATABASE evercert_${databases}`);
      return urlOf(`evercert_${databases}`);
    },
    async start() {
      const all = {
        ssl: tls === undefined ? 'off' : 'on',
        fsync: 'off',
        listen_addresses: address,
        unix_socket_directories: folder.path,
        ...settings,
      };
      const args = ['-D', data, '-p', String(port)];
      for (const [name, value] of Object.entries(all)) args.push('-c', `${name}=${value}`);
      const server = unprivileged(join(programs, 'postgres'), args);
      const line = [...through, server.command, ...server.args];
      running = await startProcess({
        command: line[0] ?? server.command,
        args: line.slice(1),
        cwd: folder.path,
        ready: /database system is ready to accept/,
      });
    },
    async stop(how = 'fast') {
      await running?.stop(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      running = undefined;
    },
    async remove() {
      await handle.stop('immediate');
      folder.remove();
    },
  };
  await handle.start();
  return handle;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** A process that gives its rights away is no longer ended with its parent, unless that is asked for again. */
function unprivileged(command: string, args: readonly string[]): { command: string; args: readonly string[] } {
  if (!isRoot()) return { command, args };
  const rights = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--pdeathsig', 'KILL'];
  return { command: 'setpriv', args: [...rights, command, ...args] };
}
