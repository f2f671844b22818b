import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { peer } from './require-peer.ts';

/** What acme-dns does to its database, through its own drivers and its bcrypt: see go/acme-dns-rows. */
export interface AcmeDnsRows {
  register(allowFrom?: readonly string[]): Promise<RecordedAccount>;
  /** Whether acme-dns lets each of these in. */
  letsIn(logins: readonly { readonly username: string; readonly password: string }[]): Promise<readonly boolean[]>;
  update(subdomain: string, txt: string): Promise<void>;
  /** What acme-dns answers for each label, in order. */
  txt(subdomains: readonly string[]): Promise<readonly (readonly string[])[]>;
}

/** An account of test/fixtures/acme-dns, recorded from acme-dns itself. */
export interface RecordedAccount {
  readonly username: string;
  readonly password: string;
  readonly subdomain: string;
  readonly allowfrom: readonly string[];
  /** What acme-dns answers. */
  readonly txt?: readonly string[];
}

type Command = readonly string[];
type Reply = { readonly answer?: unknown; readonly error?: string };

export function acmeDnsRows(engine: 'sqlite' | 'postgres', connection: string): AcmeDnsRows {
  async function run(commands: readonly Command[]): Promise<Reply[]> {
    const running = promisify(execFile)(peer('acme-dns-rows').path, [engine, connection], { timeout: 60_000 });
    running.child.stdin?.end(commands.map((command) => `${JSON.stringify(command)}\n`).join(''));
    const lines = (await running).stdout.trimEnd().split('\n');
    assert.equal(lines.length, commands.length);
    return lines.map((line) => JSON.parse(line) as Reply);
  }

  async function must(...command: readonly string[]): Promise<unknown> {
    const [reply] = await run([command]);
    if (reply?.error !== undefined) throw new Error(`acme-dns-rows ${command[0] ?? ''}: ${reply.error}`);
    return reply?.answer;
  }

  return {
    register: async (allowFrom = []) => (await must('register', ...allowFrom)) as RecordedAccount,
    async letsIn(logins) {
      const replies = await run(logins.map(({ username, password }) => ['login', username, password]));
      return replies.map(({ error }) => error === undefined);
    },
    update: async (subdomain, txt) => void (await must('update', subdomain, txt)),
    async txt(subdomains) {
      const replies = await run(subdomains.map((subdomain) => ['txt', subdomain]));
      return replies.map(({ answer }) => (answer as readonly string[] | undefined)?.toSorted() ?? []);
    },
  };
}

const folder = fileURLToPath(new URL('../fixtures/acme-dns/', import.meta.url));

/** A database that acme-dns itself has written, and the accounts in it. */
export function recorded(name: 'acme-dns-v1.1' | 'acme-dns-v2' | 'acme-dns-v2-postgresql') {
  const ending = name.endsWith('postgresql') ? 'sql' : 'db';
  const { zone, accounts } = JSON.parse(readFileSync(`${folder}${name}.accounts.json`, 'utf8')) as {
    zone: string;
    accounts: readonly RecordedAccount[];
  };
  return { file: `${folder}${name}.${ending}`, zone, accounts };
}
