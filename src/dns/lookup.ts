import type { NameTableReader, TableNode } from './name-table-reader.ts';
import { isAtOrBelow, LONGEST_NAME, type WireName } from './name.ts';
import { TYPE } from './record.ts';
import { encodeRdata } from './record-wire.ts';
import { pathTo, type RecordSet, type StaticNode, type StaticZone } from './static-zone.ts';

/** What is served: the zones, and the names whose TXT values change, which belong to whichever zone they lie in. */
export interface Served {
  /** The longest origin first. */
  readonly zones: readonly StaticZone[];
  readonly names: NameTableReader | undefined;
  /** What a question outside all zones gets. */
  readonly foreignZone: 'refused' | 'nxdomain';
}

/** What one zone says to one question, without following a CNAME. */
export type Finding =
  | { readonly kind: 'found'; readonly set: RecordSet; readonly watched: boolean }
  | { readonly kind: 'alias'; readonly set: RecordSet; readonly target: WireName }
  /** A DNAME above the name puts another name in its place (RFC 6672); `target` is undefined when that would be too long. */
  | {
      readonly kind: 'moved';
      readonly owner: WireName;
      readonly set: RecordSet;
      readonly target: WireName | undefined;
    }
  | { readonly kind: 'referral'; readonly cut: WireName; readonly set: RecordSet }
  | { readonly kind: 'no-data' }
  | { readonly kind: 'no-name' }
  | { readonly kind: 'not-known' };

const NO_DATA: Finding = { kind: 'no-data' };
const NOT_KNOWN: Finding = { kind: 'not-known' };
const NOTHING: StaticNode = new Map();

/** The zone with the longest origin the name lies in. A DS is data of the zone above the cut (RFC 4035 section 3.1.4.1). */
export function zoneOf(name: WireName, type: number, zones: readonly StaticZone[]): StaticZone | undefined {
  const at = zones.findIndex((zone) => isAtOrBelow(name, zone.origin));
  const zone = zones[at];
  if (type !== TYPE.DS || zone?.origin !== name) return zone;
  return zones.slice(at + 1).find((above) => isAtOrBelow(name, above.origin)) ?? zone;
}

/** The zone's SOA; its serial moves with the zone and with the names of the table. */
export function soaSet(zone: StaticZone, names: NameTableReader | undefined, ttl: number): RecordSet {
  const serial = Math.max(zone.soa.serial, names?.serial ?? 0);
  return { type: TYPE.SOA, ttl, rdatas: [encodeRdata({ ...zone.soa, serial })] };
}

/** RFC 1034 section 4.3.2, step 3, with the wildcards of RFC 4592; `name` is in lower case and in the zone. */
export function lookup(name: WireName, type: number, zone: StaticZone, names: NameTableReader | undefined): Finding {
  if (!zone.known) return NOT_KNOWN;
  const path = pathTo(name, zone.origin);
  const elsewhere = leadsElsewhere(path, name, type, zone);
  if (elsewhere !== undefined) return elsewhere;
  const finding = name === zone.origin ? atApex(type, zone, names) : below(path, type, zone, names);
  const negative = finding.kind === 'no-name' || (finding.kind === 'no-data' && type === TYPE.TXT);
  return negative && names?.complete === false ? NOT_KNOWN : finding;
}

function atApex(type: number, zone: StaticZone, names: NameTableReader | undefined): Finding {
  const node = zone.nodes.get(zone.origin) ?? NOTHING;
  if (type === TYPE.SOA || (type === TYPE.ANY && node.size === 0)) return found(soaSet(zone, names, zone.soaTtl));
  return atNode(type, node, names?.find(zone.origin), zone);
}

function below(path: readonly WireName[], type: number, zone: StaticZone, names: NameTableReader | undefined): Finding {
  const [name = zone.origin, ...above] = path;
  const node = zone.nodes.get(name);
  const table = names?.find(name);
  if (node !== undefined || table !== undefined) return atNode(type, node ?? NOTHING, table, zone);
  const encloser = above.find((each) => zone.nodes.has(each) || names?.find(each) !== undefined) ?? zone.origin;
  const wildcard = zone.nodes.get(`\u0001*${encloser}`);
  return wildcard === undefined ? { kind: 'no-name' } : atNode(type, wildcard, undefined, zone);
}

/**
 * The highest cut or DNAME on the way down. What lies at a cut or below it belongs to others, but for the DS at the cut itself; what lies
 * below a DNAME, and not at it, is somewhere else.
 */
function leadsElsewhere(
  path: readonly WireName[],
  name: WireName,
  type: number,
  zone: StaticZone,
): Finding | undefined {
  for (const at of path.toReversed()) {
    const node = zone.nodes.get(at);
    const cut = at === zone.origin ? undefined : node?.get(TYPE.NS);
    if (cut !== undefined && !(type === TYPE.DS && at === name)) return { kind: 'referral', cut: at, set: cut };
    const moved = at === name ? undefined : node?.get(TYPE.DNAME);
    if (moved !== undefined) return { kind: 'moved', owner: at, set: moved, target: substituted(name, at, moved) };
  }
  return undefined;
}

/** RFC 6672 section 2.2. */
function substituted(name: WireName, owner: WireName, { rdatas }: RecordSet): WireName | undefined {
  const [target] = rdatas[0] ?? [];
  if (target === undefined || typeof target === 'string') return undefined;
  const moved = name.slice(0, -owner.length) + Buffer.from(target).toString('latin1');
  return moved.length > LONGEST_NAME ? undefined : moved;
}

function atNode(type: number, node: StaticNode, table: TableNode | undefined, zone: StaticZone): Finding {
  const alias = node.get(TYPE.CNAME);
  if (alias !== undefined) {
    if (type === TYPE.CNAME || type === TYPE.ANY) return found(alias);
    const [target] = alias.rdatas[0] ?? [];
    return typeof target === 'string' ? { kind: 'alias', set: alias, target } : NO_DATA;
  }
  const set = setAt(type, node, table, zone);
  if (set === undefined) return NO_DATA;
  return found(set, set.type === TYPE.TXT && table?.watched === true && table.rdatas.length > 0);
}

function found(set: RecordSet, watched = false): Finding {
  return { kind: 'found', set, watched };
}

/** For ANY, one set only, the most telling (RFC 8482 section 4.1). */
function setAt(type: number, node: StaticNode, table: TableNode | undefined, zone: StaticZone): RecordSet | undefined {
  if ((type === TYPE.TXT || type === TYPE.ANY) && table !== undefined && table.rdatas.length > 0) {
    const fixed = node.get(TYPE.TXT)?.rdatas ?? [];
    return { type: TYPE.TXT, ttl: zone.txtTtl, rdatas: [...fixed, ...table.rdatas.map((rdata) => [rdata])] };
  }
  if (type !== TYPE.ANY) return node.get(type);
  return node.values().next().value;
}
