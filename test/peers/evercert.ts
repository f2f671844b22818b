import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHALLENGE_ZONE, DOMAIN } from './chain.ts';
import type { Chain } from './chain.ts';
import { startProcess } from './process.ts';
import type { RunningProcess } from './process.ts';

const program = fileURLToPath(new URL('../../evercert', import.meta.url));

/** One line of `-o json`. */
export interface PrintedEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface RunningEvercert {
  readonly process: RunningProcess;
  events(): readonly PrintedEvent[];
  /** The first event of this kind, also one that was printed already. Fails when the process ends without it. */
  waitFor(event: string): Promise<PrintedEvent>;
  /** Runs for every event, as soon as it is read. */
  onEvent(listener: (event: PrintedEvent) => void): void;
  readonly ended: Promise<{ code: number | NodeJS.Signals; output: string; events: readonly PrintedEvent[] }>;
}

/** Starts our own program as a person does: `evercert ARGS...`, a process of its own. */
export async function startEvercert(
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; ready?: RegExp | (() => Promise<boolean>) } = {},
): Promise<RunningEvercert> {
  const events: PrintedEvent[] = [];
  const listeners = new Set<(event: PrintedEvent) => void>();
  let rest = '';
  const server = await startProcess({
    command: program,
    args,
    env: { NO_COLOR: '1', ...options.env },
    ready: options.ready ?? (async () => true),
    onStdout(piece) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = parseEvent(line);
        if (event === undefined) continue;
        events.push(event);
        for (const listener of listeners) listener(event);
      }
    },
  });
  const ended = server.ended.then((code) => ({ code, output: server.output(), events }));
  return {
    process: server,
    events: () => events,
    ended,
    onEvent(listener) {
      for (const event of events) listener(event);
      listeners.add(listener);
    },
    async waitFor(kind) {
      const found = new Promise<PrintedEvent>((resolve) => {
        const look = (event: PrintedEvent): void => {
          if (event.event === kind) resolve(event);
        };
        for (const event of events) look(event);
        listeners.add(look);
      });
      const over = ended.then(({ code, output }) => {
        throw new Error(`evercert ended with ${code} without the event ${kind}; it wrote:\n${output.slice(-4000)}`);
      });
      return Promise.race([found, over]);
    },
  };
}

export interface ConfigOptions {
  /** Folder of the configuration file and of the data. */
  readonly folder: string;
  /** Port of the acme-dns API on 127.0.0.1; none: no API. */
  readonly apiPort?: number;
  /** Somebody else's acme-dns server in place of our zone. */
  readonly acmeDns?: string;
  /** Its account file; default: one in `folder`. */
  readonly accounts?: string;
  readonly externalAccount?: { readonly keyId: string; readonly hmacKey: string };
  readonly preferredChain?: string;
  readonly workers?: number;
  /** TOML at the end of the file. */
  readonly more?: string;
}

/** A configuration for the parts of a chain; returns the file. */
export function writeConfig(chain: Chain, options: ConfigOptions): string {
  const { folder, apiPort, acmeDns, externalAccount } = options;
  const lines = [`data = "${join(folder, 'data')}"`];
  if (acmeDns === undefined) {
    lines.push(
      '[zone]',
      `name = "${CHALLENGE_ZONE}"`,
      `records = ["${CHALLENGE_ZONE}. NS ns.${CHALLENGE_ZONE}.", "ns.${CHALLENGE_ZONE}. A 127.0.0.1"]`,
      `[dns]\nlisten = ["${chain.at.ourDns}"]\nworkers = ${options.workers ?? 0}`,
    );
  }
  lines.push(`[api]\nlisten = [${apiPort === undefined ? '' : `"127.0.0.1:${apiPort}"`}]`);
  lines.push(`[acme]\ndirectory = "${chain.pebble.directoryUrl}"\nroot = "${chain.pebble.rootFile}"`);
  if (options.preferredChain !== undefined) lines.push(`preferred_chain = "${options.preferredChain}"`);
  if (externalAccount !== undefined) {
    const keyFile = join(folder, 'eab.key');
    writeFileSync(keyFile, `${externalAccount.hmacKey}\n`, { mode: 0o600 });
    lines.push(`[acme.external_account]\nkey_id = "${externalAccount.keyId}"\nhmac_key_file = "${keyFile}"`);
  }
  lines.push(
    `[dns01]\nresolvers = ["${chain.at.resolver}"]`,
    `[dns01.routes]\n"${DOMAIN}" = ["${chain.at.userServer}"]\n"${CHALLENGE_ZONE}" = ["${chain.at.ourDns}"]`,
  );
  if (acmeDns !== undefined) {
    lines.push(
      `[dns01.acme_dns]\nserver = "${acmeDns}"\naccounts = "${options.accounts ?? join(folder, 'accounts.json')}"`,
    );
  }
  const file = join(folder, 'evercert.toml');
  writeFileSync(file, `${[...lines, options.more ?? ''].join('\n')}\n`);
  return file;
}

function parseEvent(line: string): PrintedEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isEvent = typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string';
    return isEvent ? (value as PrintedEvent) : undefined;
  } catch {
    return undefined;
  }
}
