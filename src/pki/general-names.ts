import { DomainError } from '../core/error.ts';
import { derChildren, readDer } from './der.ts';
import type { DerElement } from './der.ts';
import { explicit, implicit, oid, sequence, utf8String } from './der-writer.ts';
import { ipOctets, ipText } from './ip-address.ts';
import { dottedOid, isOid } from './oid.ts';

export interface OtherName {
  readonly oid: string;
  readonly utf8Value: string;
}

/** What a certificate or a request stands for, by kind, each in the order of the extension. IP addresses are canonical text. */
export interface SubjectNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly uris: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly otherNames: readonly OtherName[];
}

// GeneralName (RFC 5280 section 4.2.1.6)
export const EMAIL = 1;
export const DNS = 2;
export const URI = 6;
export const IP = 7;
const OTHER_NAME = 0xa0;
const CONTEXT = 0x80;
const UTF8_STRING = 0x0c;
/** IA5String holds ASCII only. */
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

/** The same, where each kind may be missing. */
export type WantedNames = { readonly [Kind in keyof SubjectNames]?: SubjectNames[Kind] | undefined };

/** The SubjectAltName extension's value, in the order in which Go writes the kinds; undefined without any name. @throws DomainError `invalid-name` */
export function encodeSubjectNames(names: WantedNames): Uint8Array | undefined {
  const all = [
    ...(names.dnsNames ?? []).map((name) => asciiName(DNS, name)),
    ...(names.emailAddresses ?? []).map((name) => asciiName(EMAIL, name)),
    ...(names.ipAddresses ?? []).map(ipName),
    ...(names.uris ?? []).map((name) => asciiName(URI, name)),
    ...(names.otherNames ?? []).map(otherName),
  ];
  return all.length === 0 ? undefined : sequence(...all);
}

/** A name of one of the kinds that are ASCII text. @throws DomainError `invalid-name` */
export function asciiName(kind: number, name: string): Uint8Array {
  if (name === '' || !ASCII.test(name)) {
    throw new DomainError(
      'invalid-name',
      `"${name.slice(0, 80)}" cannot be in a certificate: it must be ASCII and not empty; write an international domain name as xn--...`,
    );
  }
  return implicit(kind, Buffer.from(name, 'latin1'));
}

function ipName(address: string): Uint8Array {
  const octets = ipOctets(address);
  if (octets === undefined) {
    throw new DomainError(
      'invalid-name',
      `"${address.slice(0, 80)}" is no IP address; write it as in 192.0.2.1 or 2001:db8::1`,
    );
  }
  return implicit(IP, octets);
}

function otherName(name: OtherName): Uint8Array {
  if (!isOid(name.oid)) {
    throw new DomainError(
      'invalid-name',
      `"${name.oid.slice(0, 80)}" is no object identifier; write it as in 1.3.6.1.4.1.311.20.2.3`,
    );
  }
  return explicit(0, oid(name.oid), explicit(0, utf8String(name.utf8Value)));
}

/** Reads a SubjectAltName's value; names of kinds that a Certificate cannot ask for are passed over. @throws RangeError */
export function readSubjectNames(value: DerElement): SubjectNames {
  const names = derChildren(value.content);
  const ascii = (kind: number): string[] =>
    names.filter(({ tag }) => tag === (CONTEXT | kind)).map(({ content }) => Buffer.from(content).toString('latin1'));
  return {
    dnsNames: ascii(DNS),
    ipAddresses: names.filter(({ tag }) => tag === (CONTEXT | IP)).map(({ content }) => ipText(content)),
    uris: ascii(URI),
    emailAddresses: ascii(EMAIL),
    otherNames: names.filter(({ tag }) => tag === OTHER_NAME).flatMap(readOtherName),
  };
}

function readOtherName({ content }: DerElement): OtherName[] {
  const type = readDer(content);
  const value = readDer(readDer(content, type.end).content);
  if (value.tag !== UTF8_STRING) return [];
  return [{ oid: dottedOid(type.content), utf8Value: Buffer.from(value.content).toString('utf8') }];
}
