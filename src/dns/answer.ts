import { CLASS_IN, type Edns, FLAG, HEADER_LENGTH, RCODE, writeOpt, writeRecord } from './message.ts';
import { lookup, type Served, soaSet, zoneOf } from './lookup.ts';
import { lowerName, nameToText, type WireName } from './name.ts';
import { type ParsedQuery, parseQuery } from './parse-query.ts';
import { TYPE } from './record.ts';
import type { RecordSet, StaticZone } from './static-zone.ts';
import { WireWriter } from './wire-writer.ts';

export type Transport = 'udp' | 'tcp';

/** The largest answer over UDP, whatever the client says it takes: it passes every path unfragmented (RFC 9715). */
export const UDP_LIMIT = 1232;
const TCP_LIMIT = 65_535;
const OPT_LENGTH = 11;
/** A CNAME chain within our own zones; a longer one is left to the resolver. */
const MOST_ALIASES = 12;

/**
 * The answer to a query: octets in, octets out, never an exception. Undefined for what must not be answered at all: answers (QR
 * set) and what has no header.
 * @param asked told when the answer carries the TXT values of a watched name
 */
export function answer(
  query: Uint8Array,
  served: Served,
  transport: Transport,
  asked?: (name: string) => void,
): Uint8Array | undefined {
  if (query.length < HEADER_LENGTH || ((query[2] ?? 0) & 0x80) !== 0) return undefined;
  const parsed = parseQuery(query);
  const reply = resolve(parsed, served);
  const bytes = encode(parsed, reply, transport);
  if (reply.watched !== undefined) asked?.(nameToText(reply.watched));
  return bytes;
}

/** SERVFAIL without a look at more than the header. */
export function serverFailure(query: Uint8Array): Uint8Array {
  const reply = new Uint8Array(HEADER_LENGTH);
  reply.set(query.subarray(0, 2));
  reply[2] = 0x80 | ((query[2] ?? 0) & 0x79);
  reply[3] = RCODE.SERVFAIL;
  return reply;
}

interface Reply {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly Owned[];
  readonly authority: readonly Owned[];
  readonly additional: readonly Owned[];
  /** What is in `additional` belongs to the answer: all of it, or TC (RFC 9471 section 3). */
  readonly glue: boolean;
  readonly watched: WireName | undefined;
}

interface Owned {
  readonly owner: WireName;
  readonly set: RecordSet;
}

function bare(rcode: number): Reply {
  return { rcode, authoritative: false, answers: [], authority: [], additional: [], glue: false, watched: undefined };
}

function resolve(query: ParsedQuery, served: Served): Reply {
  if (query.opcode !== 0) return bare(RCODE.NOTIMP);
  if (query.malformed || query.question === undefined) return bare(RCODE.FORMERR);
  if (query.edns !== undefined && query.edns.version > 0) return bare(RCODE.BADVERS);
  const { type } = query.question;
  if (query.question.class !== CLASS_IN || type === TYPE.AXFR || type === TYPE.IXFR) return bare(RCODE.REFUSED);
  if (type === TYPE.OPT) return bare(RCODE.FORMERR);
  // RFC 6895 section 3.1: 128 to 255 are not types of data; of these only ANY means something here.
  if (type >= 128 && type <= 255 && type !== TYPE.ANY) return bare(RCODE.NOTIMP);
  const name = lowerName(query.question.name);
  const zone = zoneOf(name, type, served.zones);
  if (zone === undefined) return bare(served.foreignZone === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.REFUSED);
  return follow(name, type, zone, served);
}

/** RFC 1034 section 4.3.2: the answer in one zone, and on through CNAMEs for as long as they stay in zones served here. */
function follow(start: WireName, type: number, startZone: StaticZone, served: Served): Reply {
  const answers: Owned[] = [];
  const said = (more: Partial<Reply>): Reply => ({ ...bare(RCODE.NOERROR), authoritative: true, answers, ...more });
  const seen = new Set<WireName>();
  let [name, zone]: [WireName, StaticZone | undefined] = [start, startZone];
  while (zone !== undefined && !seen.has(name) && seen.size <= MOST_ALIASES) {
    seen.add(name);
    const finding = lookup(name, type, zone, served.names);
    switch (finding.kind) {
      case 'found':
        answers.push({ owner: name, set: finding.set });
        return said({ additional: addressesFor(finding.set, served), watched: finding.watched ? name : undefined });
      case 'alias':
        answers.push({ owner: name, set: finding.set });
        name = lowerName(finding.target);
        zone = zoneOf(name, type, served.zones);
        break;
      case 'moved': {
        const { owner, set, target } = finding;
        answers.push({ owner, set });
        // RFC 6672 section 2.2: the name that would come of it is too long.
        if (target === undefined) return said({ rcode: RCODE.YXDOMAIN });
        answers.push({ owner: name, set: { type: TYPE.CNAME, ttl: set.ttl, rdatas: [[target]] } });
        if (type === TYPE.CNAME) return said({});
        name = lowerName(target);
        zone = zoneOf(name, type, served.zones);
        break;
      }
      case 'referral': {
        const authority = [{ owner: finding.cut, set: finding.set }];
        // RFC 1034 section 4.2.1: what lies below the cut is answered by others, so this is no authoritative answer.
        return said({
          authoritative: answers.length > 0,
          authority,
          additional: addressesFor(finding.set, served),
          glue: true,
        });
      }
      case 'no-data':
        return said({ authority: negative(zone, served) });
      case 'no-name':
        // RFC 6604 section 2.1: after a CNAME, the code is about the last name.
        return said({ rcode: RCODE.NXDOMAIN, authority: negative(zone, served) });
      case 'not-known':
        return answers.length === 0 ? bare(RCODE.SERVFAIL) : said({});
    }
  }
  return said({});
}

/** RFC 2308 section 3: the SOA, with the TTL that a negative answer may be kept for. */
function negative(zone: StaticZone, served: Served): Owned[] {
  return [{ owner: zone.origin, set: soaSet(zone, served.names, zone.negativeTtl) }];
}

/** The addresses of the servers that NS, MX and SRV records name, as far as they stand here, glue included. */
function addressesFor(set: RecordSet, served: Served): Owned[] {
  if (set.type !== TYPE.NS && set.type !== TYPE.MX) return [];
  const found: Owned[] = [];
  for (const rdata of set.rdatas) {
    const target = rdata.at(-1);
    if (typeof target !== 'string') continue;
    const owner = lowerName(target);
    const node = zoneOf(owner, TYPE.A, served.zones)?.nodes.get(owner);
    for (const type of [TYPE.A, TYPE.AAAA]) {
      const addresses = node?.get(type);
      if (addresses !== undefined) found.push({ owner, set: addresses });
    }
  }
  return found;
}

function encode(query: ParsedQuery, reply: Reply, transport: Transport): Uint8Array {
  const optLength = query.edns === undefined ? 0 : OPT_LENGTH;
  const asked = Math.min(Math.max(query.edns?.udpSize ?? 512, 512), UDP_LIMIT);
  const limit = (transport === 'udp' ? asked : TCP_LIMIT) - optLength;
  const writer = new WireWriter();
  const copied = query.flags & (FLAG.RD | FLAG.CD);
  const flags = FLAG.QR | (query.opcode << 11) | (reply.authoritative ? FLAG.AA : 0) | copied | (reply.rcode & 0xf);
  writer.uint16(query.id);
  writer.uint16(flags);
  writer.uint32(0);
  writer.uint32(0);
  if (query.question !== undefined) {
    writer.compressedName(query.question.name);
    writer.uint16(query.question.type);
    writer.uint16(query.question.class);
    writer.patch16(4, 1);
  }
  const start = writer.mark();
  const counts = [writeAll(writer, reply.answers, limit), writeAll(writer, reply.authority, limit)];
  const write = reply.glue ? writeAll : writeSome;
  const additional = counts.includes(undefined) ? undefined : write(writer, reply.additional, limit);
  if (additional === undefined) {
    // RFC 2181 section 9: a client throws away what it has and asks again over TCP, so nothing need be in here.
    writer.rewind(start);
    writer.patch16(2, flags | FLAG.TC);
  } else {
    counts.forEach((count, section) => writer.patch16(6 + section * 2, count ?? 0));
  }
  const records = writer.length === start ? 0 : (additional ?? 0);
  writer.patch16(10, records + (query.edns === undefined ? 0 : 1));
  if (query.edns !== undefined) writeOpt(writer, ownEdns(query.edns), reply.rcode >>> 4);
  return writer.finish();
}

/** RFC 3225 section 3: DO is given back as it came. */
function ownEdns(theirs: Edns): Edns {
  return { udpSize: UDP_LIMIT, version: 0, dnssecOk: theirs.dnssecOk };
}

/** How many records were written, or undefined when they do not all fit. */
function writeAll(writer: WireWriter, sets: readonly Owned[], limit: number): number | undefined {
  let count = 0;
  for (const { owner, set } of sets) {
    for (const rdata of set.rdatas) {
      writeRecord(writer, owner, set.type, set.ttl, rdata);
      if (writer.length > limit) return undefined;
      count += 1;
    }
  }
  return count;
}

/** Whole sets as far as they fit. */
function writeSome(writer: WireWriter, sets: readonly Owned[], limit: number): number {
  let count = 0;
  for (const owned of sets) {
    const before = writer.mark();
    const written = writeAll(writer, [owned], limit);
    if (written === undefined) {
      writer.rewind(before);
      break;
    }
    count += written;
  }
  return count;
}
