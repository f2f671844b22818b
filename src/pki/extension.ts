import { derChildren, readDer } from './der.ts';
import type { DerElement } from './der.ts';
import { boolean, octetString, oid, sequence } from './der-writer.ts';
import { readSubjectNames } from './general-names.ts';
import type { SubjectNames } from './general-names.ts';
import { readExtendedKeyUsage, readKeyUsage } from './key-usage.ts';
import type { KeyUsages } from './key-usage.ts';
import { readNameConstraints } from './name-constraints.ts';
import type { NameConstraints } from './name-constraints.ts';
import { dottedOid } from './oid.ts';

/** The extensions of RFC 5280 that are written or read here. */
export const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
} as const;

const BOOLEAN = 0x01;
const OCTET_STRING = 0x04;

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** DER of what the extension says. */
  readonly value: Uint8Array;
}

/** One Extension (RFC 5280 section 4.1); nothing for a value that is not there. */
export function extension(type: string, critical: boolean, value: Uint8Array | undefined): Uint8Array[] {
  if (value === undefined) return [];
  return [sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(value))];
}

/** @throws RangeError */
export function readExtensions(sequenceOf: DerElement): Extension[] {
  return derChildren(sequenceOf.content).map(({ content }) => {
    const parts = derChildren(content);
    const [type] = parts;
    const value = parts.find(({ tag }) => tag === OCTET_STRING);
    if (type === undefined || value === undefined) throw new RangeError('an extension has no value');
    const critical = parts.some((part) => part.tag === BOOLEAN && part.content[0] !== 0);
    return { oid: dottedOid(type.content), critical, value: value.content };
  });
}

/** What extensions say of the things that a Certificate asks for. */
export interface RequestedExtensions extends SubjectNames {
  /** undefined: neither of the two usage extensions is there. */
  readonly keyUsages: KeyUsages | undefined;
  /** undefined: there is no basicConstraints. */
  readonly isCA: boolean | undefined;
  readonly nameConstraints: NameConstraints | undefined;
}

const NO_NAMES: SubjectNames = { dnsNames: [], ipAddresses: [], uris: [], emailAddresses: [], otherNames: [] };

/** @throws RangeError */
export function interpretExtensions(extensions: readonly Extension[]): RequestedExtensions {
  const of = (type: string): Extension | undefined => extensions.find((found) => found.oid === type);
  const element = (type: string): DerElement | undefined => {
    const found = of(type);
    return found && readDer(found.value);
  };
  const names = element(EXTENSION.subjectAltName);
  const usage = element(EXTENSION.keyUsage);
  const extended = element(EXTENSION.extendedKeyUsage);
  const constraints = element(EXTENSION.basicConstraints);
  const nameConstraints = element(EXTENSION.nameConstraints);
  return {
    ...(names ? readSubjectNames(names) : NO_NAMES),
    keyUsages:
      usage === undefined && extended === undefined
        ? undefined
        : { bits: usage ? readKeyUsage(usage) : [], extended: extended ? readExtendedKeyUsage(extended) : [] },
    isCA: constraints && derChildren(constraints.content).some((part) => part.tag === BOOLEAN && part.content[0] !== 0),
    nameConstraints:
      nameConstraints && readNameConstraints(nameConstraints, of(EXTENSION.nameConstraints)?.critical ?? false),
  };
}

/** BasicConstraints (RFC 5280 section 4.2.1.9); false is the default and not written. */
export function encodeBasicConstraints(isCA: boolean): Uint8Array {
  return isCA ? sequence(boolean(true)) : sequence();
}
