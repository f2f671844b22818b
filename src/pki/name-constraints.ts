import { DomainError } from '../core/error.ts';
import { derChildren, readDer } from './der.ts';
import type { DerElement } from './der.ts';
import { explicit, implicit, sequence } from './der-writer.ts';
import { asciiName, DNS, EMAIL, IP, URI } from './general-names.ts';
import { ipOctets, ipText } from './ip-address.ts';

export interface NameConstraintItem {
  readonly dnsDomains?: readonly string[] | undefined;
  /** CIDR notation. */
  readonly ipRanges?: readonly string[] | undefined;
  readonly emailAddresses?: readonly string[] | undefined;
  readonly uriDomains?: readonly string[] | undefined;
}

export interface NameConstraints {
  readonly critical?: boolean | undefined;
  readonly permitted?: NameConstraintItem | undefined;
  readonly excluded?: NameConstraintItem | undefined;
}

const CONTEXT = 0x80;
const PERMITTED = 0xa0;
const EXCLUDED = 0xa1;

/** The NameConstraints extension's value (RFC 5280 section 4.2.1.10); undefined when nothing is constrained. @throws DomainError `invalid-name` */
export function encodeNameConstraints(constraints: NameConstraints): Uint8Array | undefined {
  const permitted = subtrees(constraints.permitted);
  const excluded = subtrees(constraints.excluded);
  if (permitted.length === 0 && excluded.length === 0) return undefined;
  return sequence(
    ...(permitted.length > 0 ? [explicit(0, ...permitted)] : []),
    ...(excluded.length > 0 ? [explicit(1, ...excluded)] : []),
  );
}

function subtrees(item: NameConstraintItem = {}): Uint8Array[] {
  return [
    ...(item.dnsDomains ?? []).map((name) => asciiName(DNS, name)),
    ...(item.ipRanges ?? []).map((range) => implicit(IP, rangeOctets(range))),
    ...(item.emailAddresses ?? []).map((name) => asciiName(EMAIL, name)),
    ...(item.uriDomains ?? []).map((name) => asciiName(URI, name)),
  ].map((base) => sequence(base));
}

/** Address and mask, the bits behind the mask zero. */
function rangeOctets(range: string): Uint8Array {
  const [address = '', bits = ''] = range.split('/', 2);
  const octets = ipOctets(address);
  if (octets === undefined || !/^\d{1,3}$/.test(bits) || Number(bits) > octets.length * 8) {
    throw new DomainError('invalid-name', `"${range.slice(0, 80)}" is no network; write it as in 192.0.2.0/24`);
  }
  const mask = octets.map((_, index) => 0xff & (0xff00 >> Math.min(8, Math.max(0, Number(bits) - index * 8))));
  return Buffer.concat([octets.map((octet, index) => octet & (mask[index] ?? 0)), mask]);
}

/** @throws RangeError */
export function readNameConstraints(value: DerElement, critical: boolean): NameConstraints {
  const parts = derChildren(value.content);
  const of = (tag: number): NameConstraintItem | undefined => {
    const part = parts.find((found) => found.tag === tag);
    return part && readSubtrees(part);
  };
  return { critical, permitted: of(PERMITTED), excluded: of(EXCLUDED) };
}

function readSubtrees(part: DerElement): NameConstraintItem {
  const bases = derChildren(part.content).map(({ content }) => readDer(content));
  const of = (kind: number): Uint8Array[] =>
    bases.filter(({ tag }) => tag === (CONTEXT | kind)).map(({ content }) => content);
  const text = (kind: number): string[] => of(kind).map((content) => Buffer.from(content).toString('latin1'));
  return { dnsDomains: text(DNS), ipRanges: of(IP).map(rangeText), emailAddresses: text(EMAIL), uriDomains: text(URI) };
}

function rangeText(octets: Uint8Array): string {
  const half = octets.length / 2;
  const mask = [...octets.subarray(half)].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  if (!/^1*0*$/.test(mask)) throw new RangeError('a network with holes in its mask');
  return `${ipText(octets.subarray(0, half))}/${mask.indexOf('0') < 0 ? mask.length : mask.indexOf('0')}`;
}
