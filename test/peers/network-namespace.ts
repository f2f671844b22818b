import { execFileSync } from 'node:child_process';
import { peer } from './require-peer.ts';

/** A machine of its own as far as the network goes, with two wires to this one. */
export interface NetworkNamespace {
  /** What a program is started through to be on that machine. */
  readonly through: readonly string[];
  /** Both ends of the wire that can be cut, and of the one that stays. */
  readonly cuttable: Wire;
  readonly lasting: Wire;
  /** Packets vanish in both directions; nobody is told. */
  cut(): void;
  /** Packets from here to there vanish; those from there arrive. */
  cutOneWay(): void;
  heal(): void;
  remove(): void;
}

export interface Wire {
  /** The address of this machine. */
  readonly here: string;
  /** The address of the other one. */
  readonly there: string;
}

/** Why there can be none: it takes root, and a kernel that has them. */
export function noNetworkNamespaces(): string | false {
  const { skip } = peer('ip');
  if (skip !== false) return skip;
  const name = `evc${process.pid}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return false;
  } catch (error) {
    if (process.env['EVERCERT_REQUIRE_PEERS'] === '1' && process.getuid?.() === 0) throw error;
    return 'network namespaces cannot be made here; run it as root';
  }
}

let made = 0;
const namespaces = new Set<string>();
process.once('exit', () => {
  for (const name of namespaces) removeNamespace(name);
});

export function createNetworkNamespace(): NetworkNamespace {
  made += 1;
  const name = `evc${process.pid}n${made}`;
  // Of 198.18.0.0/15, which is for tests of networks (RFC 2544): nobody's.
  const subnet = `198.${18 + (process.pid & 1)}.${(process.pid >> 1) & 255}`;
  const wire = (index: number): Wire & { device: string } => {
    const first = ((made * 2 + index) * 4) % 252;
    return { here: `${subnet}.${first + 1}`, there: `${subnet}.${first + 2}`, device: `${name}${'ab'[index]}` };
  };
  const [cuttable, lasting] = [wire(0), wire(1)];
  const inside = (...args: string[]) => ip('netns', 'exec', name, 'ip', ...args);
  ip('netns', 'add', name);
  namespaces.add(name);
  inside('link', 'set', 'lo', 'up');
  for (const { device, here, there } of [cuttable, lasting]) {
    ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'x', 'netns', name);
    inside('link', 'set', 'x', 'name', device);
    ip('address', 'add', `${here}/30`, 'dev', device);
    inside('address', 'add', `${there}/30`, 'dev', device);
    ip('link', 'set', device, 'up');
    inside('link', 'set', device, 'up');
  }
  const misdirect = (command: 'replace' | 'del') => {
    // A hardware address that nobody has.
    const entry = ['lladdr', '02:00:00:00:00:01', 'nud', 'permanent'];
    ip('neighbour', command, cuttable.there, ...(command === 'replace' ? entry : []), 'dev', cuttable.device);
  };
  let isOneWay = false;
  return {
    through: [peer('ip').path, 'netns', 'exec', name],
    cuttable,
    lasting,
    cut() {
      misdirect('replace');
      isOneWay = true;
      inside(
        'neighbour',
        'replace',
        cuttable.here,
        'lladdr',
        '02:00:00:00:00:01',
        'nud',
        'permanent',
        'dev',
        cuttable.device,
      );
    },
    cutOneWay() {
      misdirect('replace');
      isOneWay = true;
    },
    heal() {
      if (isOneWay) misdirect('del');
      isOneWay = false;
      try {
        inside('neighbour', 'del', cuttable.here, 'dev', cuttable.device);
      } catch {
        // It was cut one way only.
      }
    },
    remove: () => removeNamespace(name),
  };
}

/** With the wires that end in it. */
function removeNamespace(name: string): void {
  if (namespaces.delete(name)) ip('netns', 'del', name);
}

function ip(...args: readonly string[]): void {
  execFileSync(peer('ip').path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
