import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where scripts/install-peers.sh puts what it builds. */
export const peerFolder = fileURLToPath(new URL('../../.cache/peers', import.meta.url));

/** Which program each peer is, and who installs it. */
const PEERS = {
  pebble: 'pebble',
  'lego-acmedns': 'lego-acmedns',
  'acme-dns-rows': 'acme-dns-rows',
  certbot: 'certbot',
  'certbot-acme-dns': 'certbot-acme-dns',
  nsd: 'nsd',
  knotd: 'knotd',
  unbound: 'unbound',
  named: 'named',
  dig: 'dig',
  delv: 'delv',
  dnsperf: 'dnsperf',
  openssl: 'openssl',
  keytool: 'keytool',
  curl: 'curl',
  postgres: 'postgres',
  psql: 'psql',
  ip: 'ip',
  cc: 'cc',
  etcd: 'etcd',
  'kube-apiserver': 'kube-apiserver',
  'kube-controllers': 'kube-controllers',
  kubectl: 'kubectl',
} as const;

export type PeerName = keyof typeof PEERS;

export interface Peer {
  /** What `test(..., { skip })` takes: false when the program is there, else a sentence with its name. */
  readonly skip: string | false;
  /** The program; empty when it is missing. */
  readonly path: string;
}

/**
 * A real program that a test talks to. Missing, the test is skipped by name; with EVERCERT_REQUIRE_PEERS=1 it fails.
 *
 * @throws Error when the peer is missing and peers are required
 */
export function peer(name: PeerName): Peer {
  const path = findProgram(PEERS[name]);
  if (path !== undefined) return { skip: false, path };
  const sentence = `the peer program '${name}' is not installed; scripts/install-peers.sh installs it`;
  if (process.env['EVERCERT_REQUIRE_PEERS'] === '1') throw new Error(sentence);
  return { skip: sentence, path: '' };
}

/** The first reason to skip among several peers. */
export function peers(...names: readonly PeerName[]): string | false {
  for (const name of names) {
    const { skip } = peer(name);
    if (skip !== false) return skip;
  }
  return false;
}

function findProgram(program: string): string | undefined {
  const folders = [
    join(peerFolder, 'bin'),
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/local/sbin',
    '/usr/sbin',
    '/sbin',
    // Debian keeps each version of PostgreSQL in a folder of its own.
    '/usr/lib/postgresql/15/bin',
  ];
  // Each certbot lives in a Python environment of its own: the machine's certbot is another version.
  const candidates = program.startsWith('certbot')
    ? [join(peerFolder, program, 'bin', 'certbot')]
    : folders.map((folder) => join(folder, program));
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
