import type { LiveValues } from './live-values.ts';
import type { DelegationCheckerOptions } from './delegation.ts';
import { query } from '../dns/query.ts';
import { createViewer } from './viewer.ts';
import { createResolvers } from './resolvers.ts';
import { createZoneServers } from './zone-servers.ts';

/** Reads what the servers of a target's zone serve: a value counts when all that answer have it. Resolvers' memories do not count. */
export function createAuthoritativeValues(options: DelegationCheckerOptions): LiveValues {
  const ask = options.ask ?? query;
  const resolvers = createResolvers(options.resolvers, ask);
  const zoneServers = createZoneServers({ resolvers, routes: options.routes ?? new Map(), clock: options.clock });
  const viewer = createViewer({ ask, resolvers, zoneServers, resolversOnly: options.resolversOnly });
  return async (target, signal) => {
    const view = await viewer.view(target, 'none', signal);
    if (view.kind !== 'seen') return undefined;
    const sets = view.sightings.map(({ look }) => (look.kind === 'txt' ? look.values : []));
    return (sets[0] ?? []).filter((value) => sets.every((set) => set.includes(value)));
  };
}
