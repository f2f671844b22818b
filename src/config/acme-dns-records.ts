import { isWithin, parseDomainName } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError, messageOf } from '../core/error.ts';

/** What of a record decides where it belongs. */
export interface RecordHead {
  readonly name: string;
  readonly type: string;
}

/** Reads one zone-file line. @throws DomainError with what is wrong in it */
export type ReadRecord = (line: string, origin: string) => RecordHead;

export interface SortedRecords {
  /** Lines of the challenge zone. */
  readonly own: readonly string[];
  /** Lines that name other zones, by the shortest name that has some: acme-dns answers for those as well. */
  readonly others: ReadonlyMap<DomainName, readonly string[]>;
  /** What was left out, by its index, and why. */
  readonly skipped: readonly { readonly index: number; readonly why: string }[];
}

interface Line extends RecordHead {
  readonly index: number;
  readonly text: string;
  readonly name: DomainName;
}

/** `general.records` of acme-dns by the zones that they are in. A line that cannot be used is left out, and the others are served. */
export function sortRecords(lines: readonly string[], domain: DomainName, readRecord: ReadRecord): SortedRecords {
  const skipped: { index: number; why: string }[] = [];
  const skip = (index: number, why: string) => void skipped.push({ index, why });
  const read = lines.flatMap((text, index): Line[] => {
    try {
      const { name, type } = readRecord(text, domain);
      return [{ index, text, type, name: parseOwner(name) }];
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      skip(index, messageOf(error));
      return [];
    }
  });
  const origins = zoneOrigins(read, domain);
  const zoneOf = (name: DomainName) => origins.findLast((origin) => isWithin(name, origin)) ?? domain;
  const others = new Map<DomainName, string[]>();
  const own: string[] = [];
  for (const line of read) {
    const origin = zoneOf(line.name);
    const why = misfit(line, origin, read);
    if (why !== undefined) skip(line.index, why);
    else if (origin === domain) own.push(line.text);
    else others.set(origin, [...(others.get(origin) ?? []), line.text]);
  }
  return { own, others, skipped: skipped.toSorted((a, b) => a.index - b.index) };
}

/** A name of a static record may begin with `*`, which is no label of a DomainName. */
function parseOwner(name: string): DomainName {
  if (!name.startsWith('*.')) return parseDomainName(name);
  return `*.${parseDomainName(name.slice(2))}` as DomainName;
}

/** The challenge zone, and each name outside of it that has no shorter one above it; shorter ones first. */
function zoneOrigins(lines: readonly Line[], domain: DomainName): DomainName[] {
  const origins: DomainName[] = [];
  const names = lines.map(({ name }) => (name.startsWith('*.') ? (name.slice(2) as DomainName) : name));
  for (const name of names.toSorted((a, b) => a.length - b.length)) {
    if (!isWithin(name, domain) && !origins.some((origin) => isWithin(name, origin))) origins.push(name);
  }
  return [...origins, domain].toSorted((a, b) => a.length - b.length);
}

/** Why a record cannot be in a zone, where acme-dns would take it and give answers that resolvers refuse (RFC 2181 section 10.1). */
function misfit(line: Line, origin: DomainName, all: readonly Line[]): string | undefined {
  if (line.type === 'SOA' && line.name !== origin)
    return `the SOA of ${line.name} is not at the top of the zone ${origin}`;
  if (line.type !== 'CNAME') return undefined;
  if (line.name === origin) return `${line.name} is a zone, and a zone cannot be a CNAME`;
  const beside = all.find(
    (other) => other !== line && other.name === line.name && (other.type !== 'CNAME' || other.index < line.index),
  );
  return beside === undefined ? undefined : `${line.name} has other records, and a CNAME must stand alone`;
}
