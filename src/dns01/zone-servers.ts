import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import type { NameServer } from '../dns/query.ts';
import { shownAddress, upwards } from './look.ts';
import { canonical, isAtOrBelow } from './name-text.ts';
import type { ResolverOutcome, Resolvers } from './resolvers.ts';

/** Authoritative servers given by hand for a zone: for servers on other ports, and for split horizon. */
export type Routes = ReadonlyMap<DomainName, readonly NameServer[]>;

/** One authoritative server, with all its addresses. */
export interface AuthoritativeServer {
  /** For people: the name in the NS record, or the address when it was given by hand. */
  readonly shown: string;
  readonly addresses: readonly NameServer[];
}

export interface Zone {
  readonly name: string;
  readonly servers: readonly AuthoritativeServer[];
  /** Given by hand: the resolvers may know another world and are not asked about it. */
  readonly byHand: boolean;
}

export type ZoneFinding =
  | { kind: 'zone'; zone: Zone }
  /** Nothing between the name and the root exists. */
  | { kind: 'absent' }
  | { kind: 'failed'; asked: string; outcome: Exclude<ResolverOutcome, { kind: 'reply' }> };

export interface ZoneServers {
  /** The zone that `name` is in, as far as its parent tells: a zone cut at `name` itself comes as a referral from its servers. */
  zoneOf(name: string, signal: AbortSignal): Promise<ZoneFinding>;
  /** The servers of a zone that a referral names. */
  referred(
    zone: string,
    servers: readonly { name: string; glue: readonly NameServer[] }[],
    signal: AbortSignal,
  ): Promise<Zone>;
}

/** Long enough for the names of one order, short enough that a person who moves a zone does not notice. */
const KEEP = 10_000;
/** A zone has at most 13 servers by custom; more addresses than this are not asked. */
const MOST_SERVERS = 16;

export function createZoneServers(options: {
  readonly resolvers: Resolvers;
  readonly routes: Routes;
  readonly clock: Clock;
}): ZoneServers {
  const { resolvers, routes, clock } = options;
  const kept = new Map<string, { finding: ZoneFinding; until: number }>();

  /** A route for `name` itself counts only when its parent refers to it: else a missing NS record would go unseen. */
  function routeFor(name: string): Zone | undefined {
    const zones = [...routes.keys()].filter((zone) => name !== zone && isAtOrBelow(name, zone));
    const [zone] = zones.toSorted((one, other) => other.length - one.length);
    return zone === undefined ? undefined : byHand(zone, routes.get(zone) ?? []);
  }

  /**
   * From the parent upwards, since a question for the name itself would leave its negative answer in a resolver that a CA
   * may share (RFC 2308), and the CNAME that a person is about to add would be invisible for that long.
   */
  async function discover(name: string, signal: AbortSignal): Promise<ZoneFinding> {
    for (const suffix of upwards(name).slice(1)) {
      const outcome = await resolvers.resolve({ name: suffix, type: 'SOA' }, signal);
      if (outcome.kind !== 'reply') return { kind: 'failed', asked: suffix, outcome };
      const { answers, authority } = outcome.reply;
      const own = answers.some((record) => record.type === 'SOA' && canonical(record.name) === suffix);
      const owner = authority.find((record) => record.type === 'SOA')?.name;
      // Where the suffix is an alias, the SOA is of the zone it leads to.
      const jump = owner !== undefined && isAtOrBelow(suffix, canonical(owner)) ? canonical(owner) : undefined;
      const zone = own ? suffix : jump;
      if (zone === '.') return { kind: 'absent' };
      if (zone !== undefined) return await serversOf(zone, signal);
    }
    return { kind: 'absent' };
  }

  async function serversOf(zone: string, signal: AbortSignal): Promise<ZoneFinding> {
    const outcome = await resolvers.resolve({ name: zone, type: 'NS' }, signal);
    if (outcome.kind !== 'reply') return { kind: 'failed', asked: zone, outcome };
    const names = outcome.reply.answers.flatMap((record) =>
      record.type === 'NS' ? [{ name: canonical(record.target), glue: [] }] : [],
    );
    return { kind: 'zone', zone: { name: zone, servers: await withAddresses(names, signal), byHand: false } };
  }

  async function withAddresses(
    servers: readonly { name: string; glue: readonly NameServer[] }[],
    signal: AbortSignal,
  ): Promise<AuthoritativeServer[]> {
    return await Promise.all(
      servers.slice(0, MOST_SERVERS).map(async ({ name, glue }) => ({
        shown: name,
        addresses: glue.length > 0 ? glue : await addressesOf(name, signal),
      })),
    );
  }

  async function addressesOf(name: string, signal: AbortSignal): Promise<NameServer[]> {
    const types = ['A', 'AAAA'] as const;
    const outcomes = await Promise.all(types.map((type) => resolvers.resolve({ name, type }, signal)));
    return outcomes.flatMap((outcome) =>
      outcome.kind !== 'reply'
        ? []
        : outcome.reply.answers.flatMap((record) =>
            record.type === 'A' || record.type === 'AAAA' ? [{ address: record.address, port: 53 }] : [],
          ),
    );
  }

  return {
    async zoneOf(name, signal) {
      const route = routeFor(name);
      if (route !== undefined) return { kind: 'zone', zone: route };
      const start = upwards(name)[1] ?? '.';
      const known = kept.get(start);
      if (known !== undefined && known.until > clock.now()) return known.finding;
      const finding = await discover(name, signal);
      if (kept.size > 1000) kept.clear();
      if (finding.kind === 'zone') kept.set(start, { finding, until: clock.now() + KEEP });
      return finding;
    },
    async referred(zone, servers, signal) {
      const route = [...routes].find(([name]) => name === zone);
      if (route !== undefined) return byHand(zone, route[1]);
      return { name: zone, servers: await withAddresses(servers, signal), byHand: false };
    },
  };
}

function byHand(zone: string, servers: readonly NameServer[]): Zone {
  return {
    name: zone,
    servers: servers.map((server) => ({ shown: shownAddress(server), addresses: [server] })),
    byHand: true,
  };
}
