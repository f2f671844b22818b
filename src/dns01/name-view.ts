import { messageOf } from '../core/error.ts';
import type { NameServer } from '../dns/query.ts';
import type { Ask } from './ask.ts';
import { type Look, lookKey, readLook, shownAddress } from './look.ts';
import { listed } from './name-text.ts';
import type { ResolverOutcome, Resolvers } from './resolvers.ts';
import type { AuthoritativeServer, Zone, ZoneServers } from './zone-servers.ts';

/** What one server or resolver says that can be built on. */
export interface Sighting {
  /** Name or address, for people. */
  readonly server: string;
  /** The address that said it; undefined when a resolver did. */
  readonly at: NameServer | undefined;
  /** The zone it was asked as a server of. */
  readonly zone: string;
  readonly look: SolidLook;
}

export type SolidLook = Extract<Look, { kind: 'cname' | 'txt' | 'nodata' | 'nxdomain' }>;

/** One name, seen from outside. */
export type NameView =
  | {
      kind: 'seen';
      zone: string;
      /** Never empty. */
      sightings: readonly Sighting[];
      /** Whom the sightings come from; servers given by hand may know another world than the resolvers. */
      via: 'authorities' | 'by-hand' | 'resolvers';
      /** Servers that are of no use, and other things to know. */
      warnings: readonly string[];
    }
  | { kind: 'absent' }
  /** `zone` was found and all its servers are dead or useless. `refused`: at least one answered, with nothing usable. */
  | { kind: 'no-server'; zone: string; delegated: boolean; refused: boolean; says: string }
  | { kind: 'resolvers-failed'; asked: string; outcome: Exclude<ResolverOutcome, { kind: 'reply' }> };

export interface Viewer {
  /** Looks at `name` (canonical) anew. @throws only when the signal aborts */
  view(name: string, signal: AbortSignal): Promise<NameView>;
}

/** ms, repeated packets and TCP included. */
const TIMEOUT = 3000;
/** Once one server has answered, the others get this much more, so that a dead one does not hold everything up. */
const GRACE = 1000;
const DEEPEST = 8;

export function createViewer(options: {
  readonly ask: Ask;
  readonly resolvers: Resolvers;
  readonly zoneServers: ZoneServers;
}): Viewer {
  const { ask, resolvers, zoneServers } = options;

  async function askAddress(name: string, server: NameServer, signal: AbortSignal): Promise<Look> {
    try {
      const reply = await ask({ name, type: 'TXT' }, server, { signal, timeout: TIMEOUT, recursionDesired: false });
      return readLook(name, reply, { authority: true });
    } catch (error) {
      return { kind: 'dead', says: signal.aborted ? 'no answer in time' : messageOf(error) };
    }
  }

  /** A server is as good as its best address. */
  async function askServer(
    name: string,
    server: AuthoritativeServer,
    signal: AbortSignal,
  ): Promise<[Look, NameServer | undefined]> {
    if (server.addresses.length === 0) return [{ kind: 'dead', says: 'its name has no address' }, undefined];
    const looks = await Promise.all(
      server.addresses.map(async (address): Promise<[Look, NameServer]> => [
        await askAddress(name, address, signal),
        address,
      ]),
    );
    const best = looks.toSorted(([one], [other]) => rank(one) - rank(other))[0];
    return best ?? [{ kind: 'dead', says: 'no answer' }, undefined];
  }

  async function askAll(
    name: string,
    zone: Zone,
    signal: AbortSignal,
  ): Promise<{ server: string; look: Look; at: NameServer | undefined }[]> {
    const enough = new AbortController();
    const stop = AbortSignal.any([signal, enough.signal]);
    let timer: NodeJS.Timeout | undefined;
    const answers = await Promise.all(
      zone.servers.map(async (server) => {
        const [look, at] = await askServer(name, server, stop);
        if (rank(look) === 0) timer ??= setTimeout(() => enough.abort(), GRACE);
        return { server: server.shown, look, at };
      }),
    );
    clearTimeout(timer);
    signal.throwIfAborted();
    return answers;
  }

  /** Asks a zone's servers, and those of zones below that they refer to. */
  async function viewFrom(name: string, zone: Zone, depth: number, signal: AbortSignal): Promise<NameView> {
    const answers = await askAll(name, zone, signal);
    const sightings: Sighting[] = [];
    const warnings: string[] = [];
    const referrals = new Map<string, Extract<Look, { kind: 'referral' }>>();
    for (const { server, look, at } of answers) {
      if (look.kind === 'referral') {
        if (look.zone !== zone.name) referrals.set(look.zone, look);
        else warnings.push(`${server} refers to its own zone ${zone.name}`);
      } else if (look.kind === 'dead' || look.kind === 'useless') {
        warnings.push(`${server} of the zone ${zone.name} is of no use: ${look.says}`);
      } else {
        sightings.push({ server, at, zone: zone.name, look });
      }
    }
    let below: NameView | undefined;
    for (const referral of referrals.values()) {
      if (depth >= DEEPEST) break;
      const child = await zoneServers.referred(referral.zone, referral.servers, signal);
      below = await viewFrom(name, { ...child, byHand: child.byHand || zone.byHand }, depth + 1, signal);
      if (below.kind === 'seen') {
        sightings.push(...below.sightings);
        warnings.push(...below.warnings);
      }
    }
    if (below !== undefined && below.kind !== 'seen' && sightings.length === 0) return below;
    if (sightings.length > 0) {
      return {
        kind: 'seen',
        zone: below?.kind === 'seen' ? below.zone : zone.name,
        sightings,
        via: 'authorities',
        warnings,
      };
    }
    const says = answers.map(({ server, look }) => `${server}: ${'says' in look ? look.says : look.kind}`);
    const refused = answers.some(({ look }) => look.kind === 'useless');
    const none = { kind: 'no-server', zone: zone.name, delegated: depth > 0, refused, says: listed(says) } as const;
    return zone.byHand ? none : await throughResolvers(name, none, signal);
  }

  /** In a closed network only the resolvers can be asked. CNAME first: their answer to TXT would already lead on. */
  async function throughResolvers(
    name: string,
    none: Extract<NameView, { kind: 'no-server' }>,
    signal: AbortSignal,
  ): Promise<NameView> {
    for (const type of ['CNAME', 'TXT'] as const) {
      const outcome = await resolvers.resolve({ name, type }, signal);
      if (outcome.kind === 'unreachable') return none;
      if (outcome.kind === 'failed') return outcome.dnssec ? { kind: 'resolvers-failed', asked: name, outcome } : none;
      const look = readLook(name, outcome.reply, { authority: false });
      if (look.kind === 'referral' || look.kind === 'useless' || look.kind === 'dead') return none;
      if (type === 'CNAME' && look.kind === 'nodata') continue;
      const warnings = [`no server of the zone ${none.zone} could be asked (${none.says}), so the resolvers were`];
      const sighting: Sighting = { server: `the resolver ${outcome.resolver}`, at: undefined, zone: none.zone, look };
      return { kind: 'seen', zone: none.zone, sightings: [sighting], via: 'resolvers', warnings };
    }
    return none;
  }

  return {
    async view(name, signal) {
      const finding = await zoneServers.zoneOf(name, signal);
      switch (finding.kind) {
        case 'absent':
          return { kind: 'absent' };
        case 'failed':
          return { kind: 'resolvers-failed', asked: finding.asked, outcome: finding.outcome };
        case 'zone':
          return await viewFrom(name, finding.zone, 0, signal);
        default:
          return finding satisfies never;
      }
    },
  };
}

function rank(look: Look): number {
  if (look.kind === 'dead') return 2;
  return look.kind === 'useless' ? 1 : 0;
}

/** The sightings that say the same, largest group first. */
export function groupSightings(sightings: readonly Sighting[]): readonly (readonly [Sighting, ...Sighting[]])[] {
  const groups = new Map<string, [Sighting, ...Sighting[]]>();
  for (const sighting of sightings) {
    const group = groups.get(lookKey(sighting.look));
    if (group === undefined) groups.set(lookKey(sighting.look), [sighting]);
    else group.push(sighting);
  }
  return [...groups.values()].toSorted((one, other) => other.length - one.length);
}

export function shownServers(sightings: readonly Sighting[]): string {
  return listed([...new Set(sightings.map(({ server, at }) => shownServer(server, at)))]);
}

function shownServer(server: string, at: NameServer | undefined): string {
  return at === undefined || shownAddress(at) === server ? server : `${server} (${shownAddress(at)})`;
}
