/**
 * Resource records as values. Names are text without the dot at the end (the root is `.`) and keep the case they were
 * written in, on the wire as in a file: compare them with `sameName`, not with `===`. TTLs are in seconds. The class is IN.
 */
export type ResourceRecord = RecordOwner & RecordData;

interface RecordOwner {
  readonly name: string;
  readonly ttl: number;
}

/** What a record says, by its type: RFC 1035, 3596 (AAAA), 2782 (SRV), 6672 (DNAME), 8659 (CAA), 9460 (SVCB, HTTPS). All others are octets (3597). */
export type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'NS' | 'CNAME' | 'DNAME' | 'PTR'; readonly target: string }
  | SoaData
  | { readonly type: 'TXT'; readonly strings: readonly Uint8Array[] }
  | { readonly type: 'CAA'; readonly flags: number; readonly tag: string; readonly value: string }
  | { readonly type: 'MX'; readonly preference: number; readonly exchange: string }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | {
      readonly type: 'SVCB' | 'HTTPS';
      readonly priority: number;
      readonly target: string;
      readonly params: readonly ServiceParam[];
    }
  | { readonly type: 'UNKNOWN'; readonly typeCode: number; readonly data: Uint8Array };

export interface SoaData {
  readonly type: 'SOA';
  readonly primary: string;
  readonly mailbox: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** One SvcParam in wire form, keys in rising order (RFC 9460 section 2.2). */
export interface ServiceParam {
  readonly key: number;
  readonly value: Uint8Array;
}

/** The numbers of the types that have a name here; the query-only types are among them. */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  DNSKEY: 48,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const;

type TypeName = keyof typeof TYPE;
/** What may be asked for: a type by name, or any other by number as in RFC 3597 (`TYPE46`). */
export type QueryType = TypeName | `TYPE${number}`;

const NAME_OF = new Map<number, TypeName>(Object.entries(TYPE).map(([name, code]) => [code, name as TypeName]));

/** The number of a type given by name or as `TYPE123`, in any case; undefined when it is neither. */
export function typeCode(type: string): number | undefined {
  const upper = type.toUpperCase();
  if (Object.hasOwn(TYPE, upper)) return TYPE[upper as TypeName];
  const code = /^TYPE(\d{1,5})$/.exec(upper)?.[1];
  return code === undefined || Number(code) > 0xffff ? undefined : Number(code);
}

export function typeName(code: number): QueryType {
  return NAME_OF.get(code) ?? `TYPE${code}`;
}

export function codeOf(record: RecordData): number {
  return record.type === 'UNKNOWN' ? record.typeCode : TYPE[record.type];
}

/** The text of a TXT record as one: its strings joined (RFC 7208 section 3.3, RFC 8555 section 8.4), read as UTF-8. */
export function txtValue(record: { readonly strings: readonly Uint8Array[] }): string {
  return Buffer.concat(record.strings).toString('utf8');
}

/** A text cut into the strings of at most 255 octets that a TXT record is made of (RFC 1035 section 3.3.14). */
export function txtStrings(value: string): Uint8Array[] {
  const bytes = Buffer.from(value, 'utf8');
  const strings: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 255) strings.push(bytes.subarray(at, at + 255));
  return strings;
}
