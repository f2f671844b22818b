import type { Ask } from './ask.ts';
import { askServers, type ServerLook } from './ask-servers.ts';
import type { Look } from './look.ts';
import { listed } from './name-text.ts';
import type { NameView } from './name-view.ts';
import { viewThroughResolvers, viewZoneThroughResolvers } from './resolver-view.ts';
import type { Resolvers } from './resolvers.ts';
import type { Sighting } from './sighting.ts';
import type { Zone, ZoneServers } from './zone-servers.ts';

/** What the resolvers are asked when no server of the zone can be: the name, only the zone that a target is in, or nothing. */
export type Fallback = 'name' | 'zone' | 'none';

export interface Viewer {
  /** Looks at `name` (canonical) anew. @throws only when the signal aborts */
  view(name: string, fallback: Fallback, signal: AbortSignal): Promise<NameView>;
}

const DEEPEST = 8;

export function createViewer(options: {
  readonly ask: Ask;
  readonly resolvers: Resolvers;
  readonly zoneServers: ZoneServers;
  /** Servers of zones are not asked, but for those given by hand: port 53 is closed to the outside. */
  readonly resolversOnly?: boolean | undefined;
}): Viewer {
  const { ask, resolvers, zoneServers, resolversOnly = false } = options;

  /** Asks a zone's servers, and those of zones below that they refer to. */
  async function viewFrom(name: string, zone: Zone, depth: number, signal: AbortSignal): Promise<NameView> {
    const looks = await askServers(name, zone.servers, ask, signal);
    const { sightings, warnings, referrals } = sorted(looks, zone.name);
    let below: NameView | undefined;
    for (const referral of depth < DEEPEST ? referrals : []) {
      const child = await zoneServers.referred(referral.zone, referral.servers, signal);
      below = await viewFrom(name, { ...child, byHand: child.byHand || zone.byHand }, depth + 1, signal);
      if (below.kind !== 'seen') continue;
      sightings.push(...below.sightings);
      warnings.push(...below.warnings);
    }
    const via = zone.byHand ? 'by-hand' : 'authorities';
    if (sightings.length > 0) {
      return { kind: 'seen', zone: below?.kind === 'seen' ? below.zone : zone.name, sightings, via, warnings };
    }
    if (below !== undefined) return below;
    const says = looks.map(({ server, look }) => `${server}: ${'says' in look ? look.says : look.kind}`);
    const refused = looks.some(({ look }) => look.kind === 'useless');
    const shown = says.length === 0 ? 'it has no name servers' : listed(says);
    return { kind: 'no-server', zone: zone.name, delegated: depth > 0, refused, says: shown };
  }

  return {
    async view(name, fallback, signal) {
      const finding = await zoneServers.zoneOf(name, signal);
      if (finding.kind === 'absent') return finding;
      if (finding.kind === 'failed') {
        return { kind: 'resolvers-failed', asked: finding.asked, outcome: finding.outcome };
      }
      const view =
        resolversOnly && !finding.zone.byHand
          ? notAsked(finding.zone.name)
          : await viewFrom(name, finding.zone, 0, signal);
      if (view.kind !== 'no-server' || finding.zone.byHand || fallback === 'none') return view;
      const throughResolvers = fallback === 'name' ? viewThroughResolvers : viewZoneThroughResolvers;
      return await throughResolvers(name, view, resolvers, signal);
    },
  };
}

function notAsked(zone: string): Extract<NameView, { kind: 'no-server' }> {
  return { kind: 'no-server', zone, delegated: false, refused: false, says: 'only the resolvers are to be asked' };
}

/** What each server says, by what can be done with it. */
function sorted(looks: readonly ServerLook[], zone: string) {
  const sightings: Sighting[] = [];
  const warnings: string[] = [];
  const referrals = new Map<string, Extract<Look, { kind: 'referral' }>>();
  for (const { server, look, at } of looks) {
    if (look.kind === 'dead' || look.kind === 'useless') {
      warnings.push(`${server} of the zone ${zone} is of no use: ${look.says}`);
    } else if (look.kind !== 'referral') {
      sightings.push({ server, at, zone, look });
    } else if (look.zone === zone) {
      warnings.push(`${server} of the zone ${zone} is of no use: it refers to the same zone`);
    } else {
      referrals.set(look.zone, look);
    }
  }
  return { sightings, warnings, referrals: [...referrals.values()] };
}
