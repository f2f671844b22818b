import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from './free-port.ts';
import { startProcess } from './process.ts';
import type { RunningProcess } from './process.ts';
import { peer } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

export interface PebbleOptions {
  /** Who Pebble asks about challenges, over TCP: `127.0.0.1:5300`. */
  readonly dnsServer: string;
  /** PEBBLE_* variables; without them no random sleeps, no reuse of authorizations, and 5 % of good nonces rejected. */
  readonly env?: Readonly<Record<string, string>>;
  readonly strict?: boolean;
  /** External accounts, base64url MAC key by key id; given, an account needs one of them. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** Seconds in Retry-After; 0 leaves the header out. */
  readonly retryAfter?: { readonly authz: number; readonly order: number };
  readonly profiles?: Readonly<
    Record<string, { description: string; validityPeriod: number; promoteCommonName?: boolean }>
  >;
  readonly blockedNames?: readonly string[];
}

export interface Pebble {
  readonly directoryUrl: string;
  readonly managementUrl: string;
  /** PEM file by which Pebble's HTTPS is trusted. */
  readonly rootFile: string;
  /** What Pebble has seen, by its own log. */
  counts(): { orders: number; certificates: number; accounts: number };
  /** PEM of the root that certificates lead to; 1 and up are the alternates. */
  issuingRoot(index?: number): Promise<string>;
  /** JSON of what Pebble knows about a certificate; `serial` in hex. */
  certificateStatus(serial: string): Promise<string>;
  output(): string;
  /** Runs for each piece of Pebble's log as it is written; the function returned ends that. */
  onLog(listener: (piece: string) => void): () => void;
  /** Ends, and starts anew on the same ports: a CA that has forgotten all it knew. `meanwhile` runs while nothing listens there. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

const DEFAULT_ENV = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0' };

/** Let's Encrypt's test CA on free ports of 127.0.0.1, strict, with a TLS certificate of its own. */
export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const folder = tempFolder('pebble');
  const [port, managementPort] = [await freePort(), await freePort()];
  const { rootFile, keyFile } = createTlsFiles(folder.path);
  const configFile = join(folder.path, 'pebble.json');
  writeFileSync(
    configFile,
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${port}`,
        managementListenAddress: `127.0.0.1:${managementPort}`,
        certificate: rootFile,
        privateKey: keyFile,
        httpPort: 5002,
        tlsPort: 5001,
        keyAlgorithm: 'ecdsa',
        externalAccountBindingRequired: options.externalAccounts !== undefined,
        externalAccountMACKeys: options.externalAccounts ?? {},
        retryAfter: options.retryAfter ?? { authz: 0, order: 0 },
        domainBlocklist: options.blockedNames ?? [],
        ...(options.profiles === undefined ? {} : { profiles: options.profiles }),
      },
    }),
  );
  const listeners = new Set<(piece: string) => void>();
  const start = (): Promise<RunningProcess> =>
    startProcess({
      command: peer('pebble').path,
      onStdout(piece) {
        for (const listener of listeners) listener(piece);
      },
      args: ['-config', configFile, '-dnsserver', options.dnsServer, ...(options.strict === false ? [] : ['-strict'])],
      env: { ...DEFAULT_ENV, ...options.env },
      ready: async () => (await accepts(port)) && accepts(managementPort),
    });
  let server = await start();
  const managementUrl = `https://127.0.0.1:${managementPort}`;
  return {
    directoryUrl: `https://127.0.0.1:${port}/dir`,
    managementUrl,
    rootFile,
    counts: () => countsOf(server.output()),
    issuingRoot: (index = 0) => get(`${managementUrl}/roots/${index}`, rootFile),
    certificateStatus: (serial) => get(`${managementUrl}/cert-status-by-serial/${serial}`, rootFile),
    output: () => server.output(),
    onLog(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async restart(meanwhile) {
      await server.stop();
      await meanwhile?.();
      server = await start();
    },
    async stop() {
      await server.stop();
      folder.remove();
    },
  };
}

function createTlsFiles(folder: string): { rootFile: string; keyFile: string } {
  const rootFile = join(folder, 'tls.pem');
  const keyFile = join(folder, 'tls.key');
  const command = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  const extensions = ['subjectAltName=DNS:localhost,IP:127.0.0.1', 'keyUsage=critical,digitalSignature,keyCertSign'];
  const files = ['-keyout', keyFile, '-out', rootFile, '-subj', '/CN=localhost'];
  execFileSync(peer('openssl').path, [...command, ...files, ...extensions.flatMap((line) => ['-addext', line])], {
    stdio: 'pipe',
  });
  return { rootFile, keyFile };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}

function countsOf(log: string): { orders: number; certificates: number; accounts: number } {
  const count = (pattern: RegExp): number => log.match(pattern)?.length ?? 0;
  return {
    orders: count(/Added order "/g),
    certificates: count(/Issued certificate serial/g),
    accounts: count(/accounts in memory/g),
  };
}

async function get(url: string, rootFile: string): Promise<string> {
  const call = request(url, { ca: readFileSync(rootFile), agent: false }).end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return text(response);
}
