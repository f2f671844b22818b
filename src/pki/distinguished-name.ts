import { derChildren, readDer } from './der.ts';
import type { DerElement } from './der.ts';
import { oid, printableString, sequence, setOf, utf8String } from './der-writer.ts';
import { dottedOid } from './oid.ts';
import { derText } from './der-text.ts';

/** One AttributeTypeAndValue of a name: its OID in dots, its value as text. */
export interface NameAttribute {
  readonly oid: string;
  readonly value: string;
  /** The value's DER, where it is no text or was given as DER. */
  readonly encoded?: Uint8Array | undefined;
}

/** An RDNSequence as encoded: the first element is the most significant. An element with several attributes is a multi-valued RDN. */
export type DistinguishedName = readonly (readonly NameAttribute[])[];

export const COMMON_NAME = '2.5.4.3';

// The characters of PrintableString. `*` and `&` belong to other types (X.680 section 41.4), so names with them become UTF8String.
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;

/** The DER of a name. Text is PrintableString where it can be and else UTF8String, as Go writes it: the same spec, the same bytes. */
export function encodeName(name: DistinguishedName): Uint8Array {
  return sequence(...name.map((attributes) => setOf(...attributes.map(encodeAttribute))));
}

function encodeAttribute({ oid: type, value, encoded }: NameAttribute): Uint8Array {
  return sequence(oid(type), encoded ?? (PRINTABLE.test(value) ? printableString(value) : utf8String(value)));
}

/** @throws RangeError when it is no name */
export function readName(element: DerElement): DistinguishedName {
  return derChildren(element.content).map((rdn) => derChildren(rdn.content).map(readAttribute));
}

function readAttribute(element: DerElement): NameAttribute {
  const type = readDer(element.content);
  const value = readDer(element.content, type.end);
  const text = derText(value);
  const encoded = element.content.slice(type.end, value.end);
  if (text !== undefined) return { oid: dottedOid(type.content), value: text };
  return { oid: dottedOid(type.content), value: `#${Buffer.from(encoded).toString('hex')}`, encoded };
}

/** The values of one type, in the order of the name. */
export function valuesOf(name: DistinguishedName, type: string): string[] {
  return name.flatMap((attributes) => attributes.filter(({ oid: found }) => found === type).map(({ value }) => value));
}

/** The last common name, as Go chooses; empty when there is none. */
export function commonNameOf(name: DistinguishedName): string {
  return valuesOf(name, COMMON_NAME).at(-1) ?? '';
}

/** Whether two names have the same types and values in the same places, however the text is encoded. */
export function sameName(one: DistinguishedName, other: DistinguishedName): boolean {
  return JSON.stringify(comparable(one)) === JSON.stringify(comparable(other));
}

/** The attributes of one RDN are a set, so their order says nothing. */
function comparable(name: DistinguishedName): string[][] {
  return name.map((attributes) => attributes.map(({ oid: type, value }) => `${type}=${value}`).toSorted());
}

const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.6': 'C',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  [COMMON_NAME]: 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.17': 'POSTALCODE',
};

/** The name as one line (RFC 4514), for people: most special part first. */
export function readableName(name: DistinguishedName): string {
  const attribute = ({ oid: type, value }: NameAttribute): string => `${SHORT_NAMES[type] ?? type}=${escaped(value)}`;
  return name
    .map((attributes) => attributes.map(attribute).join('+'))
    .toReversed()
    .join(',');
}

function escaped(value: string): string {
  return value.replace(/[",+;<>\\]|^[ #]| $/g, (character) => `\\${character}`);
}
