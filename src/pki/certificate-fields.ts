import { derChildren, readDer } from './der.ts';
import type { DerElement } from './der.ts';
import { ipText } from './ip-address.ts';

/** What node:crypto does not tell of a certificate, or only as text that would have to be parsed again. */
export interface CertificateFields {
  /** The INTEGER's content octets, as encoded: a leading 00 where the high bit is set. */
  readonly serial: Uint8Array;
  readonly authorityKeyId: Uint8Array | undefined;
  /** The SAN's entries: DNS names lower case, IP addresses as text, anything else as `unknown:<tag>`. */
  readonly names: readonly string[];
}

const SUBJECT_ALTERNATIVE_NAME = '551d11';
const AUTHORITY_KEY_IDENTIFIER = '551d23';
const OCTET_STRING = 0x04;
const EXTENSIONS = 0xa3;
const VERSION = 0xa0;
const KEY_IDENTIFIER = 0x80;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** Reads a certificate's DER (RFC 5280 section 4.1), which must be nothing but the certificate. @throws RangeError */
export function readCertificateFields(der: Uint8Array): CertificateFields {
  const outer = readDer(der);
  if (outer.end !== der.length) throw new RangeError('there are bytes after the certificate');
  const parts = derChildren(at(derChildren(outer.content), 0).content);
  const serial = at(parts, parts[0]?.tag === VERSION ? 1 : 0);
  const extensions = readExtensions(parts.find((part) => part.tag === EXTENSIONS));
  const authority = extensions.get(AUTHORITY_KEY_IDENTIFIER);
  const alternative = extensions.get(SUBJECT_ALTERNATIVE_NAME);
  return {
    serial: serial.content,
    authorityKeyId: authority && derChildren(authority.content).find((part) => part.tag === KEY_IDENTIFIER)?.content,
    names: alternative ? derChildren(alternative.content).map(generalName) : [],
  };
}

function readExtensions(wrapper: DerElement | undefined): Map<string, DerElement> {
  const extensions = new Map<string, DerElement>();
  if (wrapper === undefined) return extensions;
  for (const extension of derChildren(readDer(wrapper.content).content)) {
    const parts = derChildren(extension.content);
    const value = parts.find((part) => part.tag === OCTET_STRING);
    if (value !== undefined) extensions.set(Buffer.from(at(parts, 0).content).toString('hex'), readDer(value.content));
  }
  return extensions;
}

function generalName(name: DerElement): string {
  if (name.tag === DNS_NAME) return Buffer.from(name.content).toString('latin1').toLowerCase();
  if (name.tag === IP_ADDRESS && [4, 16].includes(name.content.length)) return ipText(name.content);
  return `unknown:${name.tag.toString(16)}`;
}

function at(elements: readonly DerElement[], index: number): DerElement {
  const element = elements[index];
  if (element === undefined) throw new RangeError('a part of the certificate is missing');
  return element;
}
