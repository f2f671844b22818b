import { createSocket } from 'node:dgram';
import { decode, encode } from 'dns-packet';
import type { Answer } from 'dns-packet';
import type { NameServer } from '../../dns/query.ts';

/** What is said of one name: a code, or records; further names' records only come along where they are listed here. */
export type Said = { readonly rcode: number } | { readonly answers: readonly Answer[] } | 'silence';

/** A DNS server of a few words, by dns-packet: says what a test put in, word for word. */
export interface ScriptedDns {
  readonly server: NameServer;
  readonly zone: Map<string, Said>;
  /** Adds a TXT value at a name. */
  addTxt(name: string, value: string): void;
  /** Resolves when the name is asked the next time. */
  whenAsked(name: string): Promise<void>;
  stop(): Promise<void>;
}

const NXDOMAIN = 3;
const AUTHORITATIVE = 1 << 10;

export async function startScriptedDns(): Promise<ScriptedDns> {
  const zone = new Map<string, Said>();
  const waiting = new Map<string, () => void>();
  const socket = createSocket('udp4');
  socket.on('message', (packet, from) => {
    const { id, questions } = decode(packet);
    const name = (questions?.[0]?.name ?? '').toLowerCase();
    waiting.get(name)?.();
    const said = zone.get(name) ?? { rcode: NXDOMAIN };
    if (said === 'silence') return;
    const rcode = 'rcode' in said ? said.rcode : 0;
    const answers = 'answers' in said ? [...said.answers] : [];
    socket.send(
      encode({ id: id ?? 0, type: 'response', flags: AUTHORITATIVE | rcode, questions: questions ?? [], answers }),
      from.port,
      from.address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    server: { address: '127.0.0.1', port: socket.address().port },
    zone,
    whenAsked: (name) => new Promise((resolve) => void waiting.set(name, resolve)),
    addTxt(name, value) {
      const before = zone.get(name);
      const answers = before !== undefined && before !== 'silence' && 'answers' in before ? before.answers : [];
      zone.set(name, { answers: [...answers, txt(name, value)] });
    },
    stop: () => new Promise((resolve) => void socket.close(() => resolve())),
  };
}

export function txt(name: string, ...strings: string[]): Answer {
  return { type: 'TXT', name, ttl: 1, data: strings };
}

export function cname(name: string, data: string): Answer {
  return { type: 'CNAME', name, ttl: 1, data };
}
