import { UDP_LIMIT } from './answer.ts';
import type { Served } from './lookup.ts';
import { LOWER, nameToText, parentName, type WireName } from './name.ts';
import { hashOf, type NameTableReader } from './name-table-reader.ts';
import { TYPE } from './record.ts';
import type { StaticZone } from './static-zone.ts';
import { latin1 } from './wire-reader.ts';

/** What a zone needs on the fast path. */
interface FastZone {
  readonly origin: Uint8Array;
  readonly txtTtl: number;
  /** The first labels (with their length octet) of static names and zones directly below the origin, hashed: where they may matter, the slow path decides. */
  readonly staticLabels: ReadonlySet<number>;
}

/**
 * The answer to the common question, made in place: TXT (or ANY) of a name of the table that has values and lies directly below
 * a zone's origin, with at most a plain OPT. Nothing is allocated. For all else, and wherever anything is unusual, it
 * returns 0 and `answer` decides. Where both answer, they answer alike, octet for octet; a test holds them to it.
 */
export class FastAnswer {
  /** Of the last answer: the name in it is watched. */
  watched = false;
  readonly #names: NameTableReader | undefined;
  readonly #zones: readonly FastZone[];

  constructor(served: Served) {
    this.#names = served.names;
    this.#zones = served.zones.filter((zone) => zone.known).map((zone) => fastZone(zone, served.zones));
  }

  /** Writes the answer to a query over UDP to `out`, and returns its length; 0 when this is not for the fast path. */
  answer(query: Uint8Array, out: Uint8Array): number {
    const names = this.#names;
    const length = query.length;
    if (names === undefined || length < 17 || out.length < UDP_LIMIT) return 0;
    // QR, opcode; QDCOUNT 1; ANCOUNT and NSCOUNT 0; ARCOUNT 0 or 1.
    if (((query[2] as number) & 0xf8) !== 0 || query[4] !== 0 || query[5] !== 1) return 0;
    if (query[6] !== 0 || query[7] !== 0 || query[8] !== 0 || query[9] !== 0 || query[10] !== 0) return 0;
    let at = 12;
    for (let label = query[at] as number; label !== 0; label = query[at] as number) {
      at += label + 1;
      if (label > 63 || at >= length) return 0;
    }
    const nameLength = at + 1 - 12;
    const end = at + 5;
    if (nameLength > 255 || end > length) return 0;
    const type = query[at + 2] as number;
    if (query[at + 1] !== 0 || (type !== TYPE.TXT && type !== TYPE.ANY) || query[at + 3] !== 0 || query[at + 4] !== 1)
      return 0;
    const optLength = query[11] === 0 ? 0 : 11;
    if (end + optLength !== length || (query[11] as number) > 1) return 0;
    let limit = 512;
    if (optLength !== 0) {
      // Root, type 41, version 0, no options.
      if (query[end] !== 0 || query[end + 1] !== 0 || query[end + 2] !== 41 || query[end + 6] !== 0) return 0;
      if (query[end + 9] !== 0 || query[end + 10] !== 0) return 0;
      const udpSize = (query[end + 3] as number) * 256 + (query[end + 4] as number);
      limit = udpSize < 512 ? 512 : udpSize > UDP_LIMIT ? UDP_LIMIT : udpSize;
    }
    const zone = this.#zoneOf(query, nameLength);
    if (zone === undefined) return 0;
    const answersEnd = names.copyTxt(query, 12, nameLength, zone.txtTtl, out, end, limit - optLength);
    if (answersEnd <= end) return 0;
    for (let index = 0; index < end; index++) out[index] = query[index] as number;
    // QR, AA; RD and CD as they came.
    out[2] = 0x84 | ((query[2] as number) & 1);
    out[3] = (query[3] as number) & 0x10;
    out[6] = names.copiedRecords >>> 8;
    out[7] = names.copiedRecords;
    this.watched = names.copiedWatched;
    return optLength === 0 ? answersEnd : writeOpt(out, answersEnd, query[end + 7] as number);
  }

  /** The zone whose origin is the name without its first label, when no static record is in the way. */
  #zoneOf(query: Uint8Array, nameLength: number): FastZone | undefined {
    const first = (query[12] as number) + 1;
    for (const zone of this.#zones) {
      if (zone.origin.length !== nameLength - first) continue;
      let same = 0;
      while (same < zone.origin.length && LOWER[query[12 + first + same] as number] === zone.origin[same]) same += 1;
      if (same !== zone.origin.length) continue;
      return zone.staticLabels.size > 0 && zone.staticLabels.has(hashOf(query, 12, first)) ? undefined : zone;
    }
    return undefined;
  }
}

/** The name a query asks for, as text; for a query that was answered. */
export function askedName(query: Uint8Array): string {
  let at = 12;
  while ((query[at] ?? 0) !== 0) at += (query[at] ?? 0) + 1;
  return nameToText(latin1(query, 12, at + 1));
}

function writeOpt(out: Uint8Array, at: number, flags: number): number {
  out[at] = 0;
  out[at + 1] = 0;
  out[at + 2] = 41;
  out[at + 3] = UDP_LIMIT >>> 8;
  out[at + 4] = UDP_LIMIT & 0xff;
  out[at + 5] = 0;
  out[at + 6] = 0;
  out[at + 7] = flags & 0x80;
  out[at + 8] = 0;
  out[at + 9] = 0;
  out[at + 10] = 0;
  return at + 11;
}

function fastZone(zone: StaticZone, all: readonly StaticZone[]): FastZone {
  const names = [...zone.nodes.keys(), ...all.map((other) => other.origin)];
  const below = names.filter((name) => name !== zone.origin && parentName(name) === zone.origin);
  return { origin: octets(zone.origin), txtTtl: zone.txtTtl, staticLabels: new Set(below.map(firstLabelHash)) };
}

function firstLabelHash(name: WireName): number {
  return hashOf(octets(name), 0, name.charCodeAt(0) + 1);
}

function octets(name: WireName): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0));
}
