import { readLook } from './look.ts';
import { above, canonical } from './name-text.ts';
import type { NameView } from './name-view.ts';
import type { Resolvers } from './resolvers.ts';
import type { SolidLook } from './sighting.ts';

type NoServer = Extract<NameView, { kind: 'no-server' }>;

/** In a closed network only the resolvers can be asked. CNAME first: a question for TXT would lead them on to the target. */
export async function viewThroughResolvers(
  name: string,
  none: NoServer,
  resolvers: Resolvers,
  signal: AbortSignal,
): Promise<NameView> {
  for (const type of ['CNAME', 'TXT'] as const) {
    const outcome = await resolvers.resolve({ name, type }, signal);
    if (outcome.kind === 'unreachable') return none;
    if (outcome.kind === 'failed') return outcome.dnssec ? { kind: 'resolvers-failed', asked: name, outcome } : none;
    const look = readLook(name, outcome.reply, { authority: false });
    if (look.kind === 'referral' || look.kind === 'useless' || look.kind === 'dead') return none;
    if (type === 'CNAME' && look.kind === 'nodata') continue;
    return seen(none, outcome.resolver, look);
  }
  return none;
}

/**
 * Whether the resolvers find the zone of a target. The target itself is not asked for: it has no value yet, a resolver would
 * remember that, acme-dns has it do so for an hour, and a CA that shares the resolver would not see the value when it is there.
 */
export async function viewZoneThroughResolvers(
  target: string,
  none: NoServer,
  resolvers: Resolvers,
  signal: AbortSignal,
): Promise<NameView> {
  const zone = above(target);
  const outcome = await resolvers.resolve({ name: zone, type: 'SOA' }, signal);
  if (outcome.kind === 'unreachable') return none;
  if (outcome.kind === 'failed') return outcome.dnssec ? { kind: 'resolvers-failed', asked: zone, outcome } : none;
  const { answers, authority, rcode } = outcome.reply;
  const soa = [...answers, ...authority].find((record) => record.type === 'SOA');
  const owner = soa === undefined ? undefined : canonical(soa.name);
  return seen(none, outcome.resolver, {
    kind: rcode === 'NXDOMAIN' ? 'nxdomain' : 'nodata',
    zone: owner,
    ttl: undefined,
  });
}

function seen(none: NoServer, resolver: string, look: SolidLook): NameView {
  return {
    kind: 'seen',
    zone: none.zone,
    sightings: [{ server: `the resolver ${resolver}`, at: undefined, zone: none.zone, look }],
    via: 'resolvers',
    warnings: [`no server of the zone ${none.zone} could be asked (${none.says}), so the resolvers were`],
  };
}
