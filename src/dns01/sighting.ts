import type { NameServer } from '../dns/query.ts';
import { type Look, lookKey, shownAddress } from './look.ts';
import { listed } from './name-text.ts';

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
