import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { messageOf } from '../core/error.ts';
import { type NameServer, query, type Reply } from '../dns/query.ts';
import type { Ask } from './ask.ts';
import { shownAddress, upwards } from './look.ts';
import { canonical, dotted, listed } from './name-text.ts';
import { createResolvers, type ResolverOutcome } from './resolvers.ts';
import { createZoneServers, type Routes, type Zone } from './zone-servers.ts';

export type ZoneFault = 'zone-not-delegated' | 'zone-not-ours' | 'zone-servers-unreachable' | 'zone-not-resolvable';

/** Whether the world finds the challenge zone at its servers. */
export type ZoneReachability =
  | { kind: 'reachable'; servers: readonly string[]; warnings: readonly string[] }
  | { kind: 'unreachable'; fault: ZoneFault; message: string };

export interface ZoneReachableOptions {
  readonly resolvers: readonly NameServer[];
  readonly routes?: Routes | undefined;
  readonly clock: Clock;
  readonly ask?: Ask | undefined;
  /** The SOA's primary that our server gives; another one means that the NS records lead to somebody else. */
  readonly primary?: DomainName | undefined;
  /** What should stand in the parent zone, for the sentence that says so. */
  readonly nameServers?: readonly { readonly name: DomainName; readonly addresses: readonly string[] }[] | undefined;
}

/** Looks whether the NS delegation of `zone` leads through the resolvers to servers that serve it. @throws only when the signal aborts */
export async function checkZoneReachable(
  zone: DomainName,
  options: ZoneReachableOptions,
  signal: AbortSignal,
): Promise<ZoneReachability> {
  const ask: Ask = options.ask ?? query;
  const resolvers = createResolvers(options.resolvers, ask);
  const routes = options.routes ?? new Map();
  const zoneServers = createZoneServers({ resolvers, routes, clock: options.clock });

  const found = await findServers();
  if ('kind' in found) return found;
  const looks = await Promise.all(found.servers.map(async (server) => ({ server, ...(await soaAt(server)) })));
  signal.throwIfAborted();
  const serving = looks.filter((look) => look.primary !== undefined);
  const idle = looks.filter((look) => look.primary === undefined).map(({ server, says }) => `${server.shown}: ${says}`);
  if (serving.length === 0) {
    const message = `the NS records of ${zone} are there, but none of its servers serves it (${listed(idle)}); check that the server runs, and that UDP and TCP port 53 reach it from everywhere`;
    return unreachable('zone-servers-unreachable', message);
  }
  const wanted = options.primary;
  const strange = wanted === undefined ? undefined : serving.find(({ primary }) => primary !== wanted);
  if (strange !== undefined) {
    const message = `${strange.server.shown} serves ${zone} with the primary ${strange.primary}, so another program answers there; ${delegate()}`;
    return unreachable('zone-not-ours', message);
  }
  return {
    kind: 'reachable',
    servers: serving.map(({ server }) => server.shown),
    warnings: idle.map((one) => `a server of ${zone} is of no use: ${one}`),
  };

  async function findServers(): Promise<Zone | ZoneReachability> {
    const route = [...routes].find(([name]) => name === zone);
    if (route !== undefined) return await zoneServers.referred(zone, [], signal);
    const outcome = await resolvers.resolve({ name: zone, type: 'NS' }, signal);
    if (outcome.kind !== 'reply') return await unresolved(outcome);
    const servers = nameServersOf(outcome.reply, zone);
    if (servers.length === 0) return notDelegated(soaOwner(outcome.reply));
    return await zoneServers.referred(zone, servers, signal);
  }

  /** SERVFAIL is what a resolver says too when the NS records are there and nobody answers behind them. */
  async function unresolved(outcome: Exclude<ResolverOutcome, { kind: 'reply' }>): Promise<Zone | ZoneReachability> {
    const who = listed(outcome.resolvers);
    if (outcome.kind === 'unreachable') {
      return unreachable(
        'zone-not-resolvable',
        `no resolver answers (${who}: ${outcome.says}); name resolvers that can be reached from here`,
      );
    }
    if (outcome.dnssec) {
      const message = `DNSSEC of ${zone} is broken: the resolvers ${who} answer only when told not to check it; remove the DS record of ${zone} at the DNS provider of its parent, or sign the zone with the key it names`;
      return unreachable('zone-not-resolvable', message);
    }
    const message = `the resolvers ${who} answer ${outcome.says} for ${zone}: its NS records may be missing, or lead to a server that does not run or cannot be reached at UDP and TCP port 53; ${delegate()}`;
    return unreachable('zone-not-resolvable', message);
  }

  async function soaAt(server: Zone['servers'][number]): Promise<{ primary: string | undefined; says: string }> {
    let says = 'its name has no address';
    for (const address of server.addresses) {
      try {
        const reply = await ask({ name: zone, type: 'SOA' }, address, {
          signal,
          timeout: 3000,
          recursionDesired: false,
        });
        const soa = reply.answers.find((record) => record.type === 'SOA' && canonical(record.name) === zone);
        if (soa?.type === 'SOA' && reply.authoritative) return { primary: canonical(soa.primary), says: '' };
        says = `${shownAddress(address)} says ${reply.rcode}, without the zone's SOA`;
      } catch (error) {
        signal.throwIfAborted();
        says = messageOf(error);
      }
    }
    return { primary: undefined, says };
  }

  function notDelegated(parent: string | undefined): ZoneReachability {
    const below = parent === undefined ? '' : ` in the zone ${parent}`;
    return unreachable(
      'zone-not-delegated',
      `the challenge zone ${zone} is not delegated to this server: there are no NS records for it${below}; ${delegate()}`,
    );
  }

  /** What to type, as zone-file lines. */
  function delegate(): string {
    const servers = options.nameServers ?? [];
    const parent = upwards(zone)[1] ?? 'its parent';
    const lines = servers.flatMap(({ name, addresses }) => [
      `${dotted(zone)}  NS  ${dotted(name)}`,
      ...addresses.map((address) => `${dotted(name)}  ${address.includes(':') ? 'AAAA' : 'A'}  ${address}`),
    ]);
    const typed = lines.length === 0 ? [`${dotted(zone)}  NS  <the name of this server>.`] : lines;
    return `add at the DNS provider of ${parent}:  ${typed.join('\n  ')}`;
  }
}

function unreachable(fault: ZoneFault, message: string): ZoneReachability {
  return { kind: 'unreachable', fault, message };
}

function nameServersOf(reply: Reply, zone: string): { name: string; glue: NameServer[] }[] {
  return reply.answers.flatMap((record) =>
    record.type === 'NS' && canonical(record.name) === zone ? [{ name: canonical(record.target), glue: [] }] : [],
  );
}

function soaOwner(reply: Reply): string | undefined {
  const soa = reply.authority.find((record) => record.type === 'SOA');
  return soa === undefined ? undefined : canonical(soa.name);
}
