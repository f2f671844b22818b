import { DomainError } from '../core/error.ts';
import { isAtOrBelow, lowerName, nameFromText, nameToText, parentName, ROOT, type WireName } from './name.ts';
import { codeOf, type ResourceRecord, type SoaData, TYPE, typeName } from './record.ts';
import { encodeRdata, type Rdata } from './record-wire.ts';
import type { ZoneOptions } from './zone.ts';

/** All records of one type at one name (RFC 2181 section 5): one TTL for all, no record twice. */
export interface RecordSet {
  readonly type: number;
  readonly ttl: number;
  readonly rdatas: readonly Rdata[];
}

/** The sets at a name by type; a name that only has names below it has a node with none. */
export type StaticNode = ReadonlyMap<number, RecordSet>;

/** A zone made ready for look-ups. All names are in lower case. */
export interface StaticZone {
  readonly origin: WireName;
  readonly nodes: ReadonlyMap<WireName, StaticNode>;
  readonly soa: SoaData;
  readonly soaTtl: number;
  readonly negativeTtl: number;
  readonly txtTtl: number;
  readonly known: boolean;
}

const REFRESH = 28_800;
const RETRY = 7200;
const EXPIRE = 604_800;
const SOA_TTL = 60;

/**
 * @param serial the least serial the zone shows; with a name table, that table's serial may be larger
 * @throws DomainError `invalid-zone` when a record does not belong to the zone, or a CNAME is not alone (RFC 2181 section 10.1)
 */
export function buildZone(options: ZoneOptions, serial: number): StaticZone {
  const origin = lowerName(nameFromText(options.origin));
  const negativeTtl = options.negativeTtl ?? 1;
  const nodes = new Map<WireName, Map<number, RecordSet>>([[origin, new Map()]]);
  let soa = defaultSoa(options, negativeTtl);
  let soaTtl = Math.max(SOA_TTL, negativeTtl);
  for (const record of options.records) {
    const owner = lowerName(nameFromText(record.name));
    if (!isAtOrBelow(owner, origin)) throw invalid(options, record, 'its name is not in the zone');
    if (record.type === 'SOA') {
      if (owner !== origin) throw invalid(options, record, 'only the zone itself has a SOA');
      soa = record;
      soaTtl = record.ttl;
    } else {
      addRecord(nodeAt(nodes, owner, origin), record);
    }
  }
  for (const [owner, node] of nodes) {
    const moved = node.get(TYPE.DNAME);
    if (moved !== undefined) checkMoved(owner, moved, nodes, options);
    if (node.has(TYPE.CNAME) && (node.size > 1 || owner === origin || (node.get(TYPE.CNAME)?.rdatas.length ?? 0) > 1)) {
      const name = nameToText(owner);
      throw new DomainError(
        'invalid-zone',
        `in the zone ${options.origin}, ${name} has a CNAME and other records; a CNAME must stand alone`,
      );
    }
  }
  const { txtTtl = 1, known = true } = options;
  return { origin, nodes, soa: { ...soa, serial }, soaTtl, negativeTtl: Math.min(soaTtl, soa.minimum), txtTtl, known };
}

/** RFC 6672 section 2.4: one DNAME at a name, and nothing below it. */
function checkMoved(
  owner: WireName,
  { rdatas }: RecordSet,
  nodes: ReadonlyMap<WireName, StaticNode>,
  { origin }: ZoneOptions,
): void {
  const name = nameToText(owner);
  if (rdatas.length > 1)
    throw new DomainError('invalid-zone', `in the zone ${origin}, ${name} has two DNAME records; keep one`);
  const below = [...nodes.keys()].find((other) => other !== owner && isAtOrBelow(other, owner));
  if (below === undefined) return;
  const message = `in the zone ${origin}, ${name} has a DNAME, which leaves no room for ${nameToText(below)} below it; remove one of them`;
  throw new DomainError('invalid-zone', message);
}

/** The names from `name` up to the zone's origin, both included. */
export function pathTo(name: WireName, origin: WireName): WireName[] {
  const path = [name];
  for (let at = name; at !== origin && at !== ROOT;) path.push((at = parentName(at)));
  return path;
}

function nodeAt(
  nodes: Map<WireName, Map<number, RecordSet>>,
  owner: WireName,
  origin: WireName,
): Map<number, RecordSet> {
  for (const name of pathTo(owner, origin)) if (!nodes.has(name)) nodes.set(name, new Map());
  return nodes.get(owner) ?? new Map();
}

function addRecord(node: Map<number, RecordSet>, record: ResourceRecord): void {
  const type = codeOf(record);
  const rdata = encodeRdata(record);
  const set = node.get(type);
  const known = set?.rdatas ?? [];
  const ttl = Math.min(record.ttl, set?.ttl ?? record.ttl);
  node.set(type, {
    type,
    ttl,
    rdatas: known.some((other) => comparable(rdata) === comparable(other)) ? known : [...known, rdata],
  });
}

/** Names in data are the same in any case. */
function comparable(rdata: Rdata): string {
  return rdata
    .map((part) => (typeof part === 'string' ? lowerName(part) : Buffer.from(part).toString('latin1')))
    .join('');
}

function defaultSoa({ primary, mailbox }: ZoneOptions, minimum: number): SoaData {
  return { type: 'SOA', primary, mailbox, serial: 0, refresh: REFRESH, retry: RETRY, expire: EXPIRE, minimum };
}

function invalid(zone: ZoneOptions, record: ResourceRecord, why: string): DomainError {
  const type = typeName(codeOf(record));
  return new DomainError(
    'invalid-zone',
    `the zone ${zone.origin} cannot have the ${type} record of ${record.name}: ${why}`,
  );
}
