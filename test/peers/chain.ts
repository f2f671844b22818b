import { freePort } from './free-port.ts';
import { startKnot } from './knot.ts';
import { startNsd } from './nsd.ts';
import { startPebble } from './pebble.ts';
import type { Pebble, PebbleOptions } from './pebble.ts';
import { startUnbound } from './unbound.ts';
import type { Unbound } from './unbound.ts';
import type { UserZones } from './user-zones.ts';

/** The user's domain, whose zone somebody else serves. */
export const DOMAIN = 'example.org';
/** The challenge zone, which we serve. */
export const CHALLENGE_ZONE = 'auth.example.net';

export interface ChainOptions {
  readonly pebble?: Omit<PebbleOptions, 'dnsServer'>;
  readonly userServer?: 'nsd' | 'knot';
  /** Record lines that the user's zone has from the start. */
  readonly records?: string;
  /** Two of our DNS servers: the second one on 127.0.0.2, on the same port. */
  readonly twoDnsServers?: boolean;
  /** What the resolver keeps, in seconds; default 0. */
  readonly cacheSeconds?: number;
}

/** Everything around our program: the CA, the resolver it asks, and the user's zone. */
export interface Chain {
  readonly pebble: Pebble;
  readonly resolver: Unbound;
  readonly userZones: UserZones;
  /** `address:port` for configuration files. */
  readonly at: { readonly resolver: string; readonly userServer: string; readonly ourDns: string };
  /** Where our DNS server has to listen on 127.0.0.1. */
  readonly dnsPort: number;
  /** Puts CNAMEs into the user's zone, beside those that are there; resolves when they are served. */
  addCnames(cnames: Iterable<readonly [name: string, target: string]>): Promise<void>;
  stop(): Promise<void>;
}

export async function startChain(options: ChainOptions = {}): Promise<Chain> {
  const dnsPort = await freePort();
  const start = options.userServer === 'knot' ? startKnot : startNsd;
  const userZones = await start({ zones: { [DOMAIN]: options.records ?? '' } });
  const resolver = await startUnbound({
    stubs: {
      [DOMAIN]: `127.0.0.1@${userZones.port}`,
      [CHALLENGE_ZONE]: [1, ...(options.twoDnsServers === true ? [2] : [])]
        .map((host) => `127.0.0.${host}@${dnsPort}`)
        .join(' '),
    },
    ...(options.cacheSeconds === undefined ? {} : { cacheSeconds: options.cacheSeconds }),
  });
  const pebble = await startPebble({ ...options.pebble, dnsServer: `127.0.0.1:${resolver.port}` });
  const cnames = new Map<string, string>();
  let last = Promise.resolve();
  return {
    pebble,
    resolver,
    userZones,
    dnsPort,
    at: {
      resolver: `127.0.0.1:${resolver.port}`,
      userServer: `127.0.0.1:${userZones.port}`,
      ourDns: `127.0.0.1:${dnsPort}`,
    },
    async addCnames(added) {
      for (const [name, target] of added) cnames.set(name, target);
      // One after the other: the zone of the last call is the one that stays.
      last = last.then(() => {
        const lines = [...cnames].map(([name, target]) => `${name}. CNAME ${target}.`);
        return userZones.replaceZone(DOMAIN, [options.records ?? '', ...lines].join('\n'));
      });
      await last;
    },
    async stop() {
      await Promise.all([pebble.stop(), resolver.stop(), userZones.stop()]);
    },
  };
}
