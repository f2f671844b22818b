import { isIPv6 } from 'node:net';
import type { NameServer, Reply } from '../dns/query.ts';
import { txtValue } from '../dns/record.ts';
import { above, canonical, isAtOrBelow } from './name-text.ts';

/** What one server says about one name when asked for its TXT, as a CA would ask. Names are canonical. */
export type Look =
  | { kind: 'cname'; target: string; /** Owner of the DNAME that made it. */ dname: string | undefined }
  | { kind: 'txt'; values: readonly string[] }
  /** The name exists, without TXT. `zone` owns the SOA; `ttl` is how long a resolver keeps this, in seconds. */
  | { kind: 'nodata'; zone: string | undefined; ttl: number | undefined }
  | { kind: 'nxdomain'; zone: string | undefined; ttl: number | undefined }
  | { kind: 'referral'; zone: string; servers: readonly ReferredServer[] }
  /** An answer that no resolver could use: SERVFAIL, REFUSED, or one without authority. */
  | { kind: 'useless'; says: string }
  | { kind: 'dead'; says: string };

export interface ReferredServer {
  readonly name: string;
  readonly glue: readonly NameServer[];
}

/** Reads a reply about `name` (canonical). Only the first step is taken from it: what follows is asked anew. */
export function readLook(name: string, reply: Reply, options: { readonly authority: boolean }): Look {
  if (reply.rcode !== 'NOERROR' && reply.rcode !== 'NXDOMAIN') return { kind: 'useless', says: reply.rcode };
  const alias = aliasOf(name, reply);
  if (alias !== undefined) return alias;
  const values = reply.answers.flatMap((record) =>
    record.type === 'TXT' && canonical(record.name) === name ? [txtValue(record)] : [],
  );
  if (values.length > 0) return { kind: 'txt', values };
  if (options.authority && !reply.authoritative) {
    const referral = referralOf(name, reply);
    if (referral !== undefined) return referral;
    const says = reply.recursionAvailable
      ? 'an answer of a resolver, not of an authority'
      : 'an answer without authority';
    return { kind: 'useless', says };
  }
  const soa = reply.authority.find((record) => record.type === 'SOA');
  const zone = soa === undefined ? undefined : canonical(soa.name);
  // RFC 2308 section 5: a negative answer is kept for the lesser of the SOA's TTL and its MINIMUM.
  const ttl = soa?.type === 'SOA' ? Math.min(soa.ttl, soa.minimum) : undefined;
  return { kind: reply.rcode === 'NXDOMAIN' ? 'nxdomain' : 'nodata', zone, ttl };
}

function aliasOf(name: string, reply: Reply): Look | undefined {
  const dname = reply.answers.flatMap((record) => {
    const owner = canonical(record.name);
    if (record.type !== 'DNAME' || name === owner || !isAtOrBelow(name, owner)) return [];
    return [{ owner, redirect: record.target }];
  })[0];
  for (const record of reply.answers) {
    if (record.type === 'CNAME' && canonical(record.name) === name) {
      return { kind: 'cname', target: canonical(record.target), dname: dname?.owner };
    }
  }
  if (dname === undefined) return undefined;
  // A server may leave the CNAME out (RFC 6672 section 3.1): it is the name with its end exchanged.
  const front = name.slice(0, name.length - dname.owner.length);
  return { kind: 'cname', target: canonical(`${front}${dname.redirect}`), dname: dname.owner };
}

function referralOf(name: string, reply: Reply): Look | undefined {
  if (reply.rcode !== 'NOERROR') return undefined;
  const servers = reply.authority.filter((record) => record.type === 'NS');
  const zone = servers[0] === undefined ? undefined : canonical(servers[0].name);
  // Upward referrals (to the root) come from servers that know nothing of the name.
  if (zone === undefined || zone === '.' || !isAtOrBelow(name, zone)) return undefined;
  const glueOf = (server: string): NameServer[] =>
    reply.additional.flatMap((record) =>
      (record.type === 'A' || record.type === 'AAAA') && canonical(record.name) === server
        ? [{ address: record.address, port: 53 }]
        : [],
    );
  const referred = servers.flatMap((record) =>
    record.type === 'NS' ? [{ name: canonical(record.target), glue: glueOf(canonical(record.target)) }] : [],
  );
  return { kind: 'referral', zone, servers: referred };
}

/** Equal for answers that say the same. */
export function lookKey(look: Look): string {
  switch (look.kind) {
    case 'cname':
      return `cname ${look.target}`;
    // What stands in the way is the same, whatever its text; and to a CA, no such name is as no such record.
    case 'txt':
      return 'txt';
    case 'nodata':
    case 'nxdomain':
      return 'nothing';
    case 'referral':
      return `referral ${look.zone}`;
    case 'useless':
    case 'dead':
      return 'none';
    default:
      return look satisfies never;
  }
}

/** `192.0.2.1`, with the port only where it is not 53. */
export function shownAddress(server: NameServer): string {
  if (server.port === 53 || server.address.includes('://')) return server.address;
  return isIPv6(server.address) ? `[${server.address}]:${server.port}` : `${server.address}:${server.port}`;
}

/** Every name from `name` upwards, itself first, the root not among them. */
export function upwards(name: string): string[] {
  const names: string[] = [];
  for (let at = name; at !== '.'; at = above(at)) names.push(at);
  return names;
}
