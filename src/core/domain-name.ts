import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { DomainError } from './error.ts';

declare const brand: unique symbol;

/** A fully qualified name in A-label form: lower case, no trailing dot, at most 253 characters, never an IP address. */
export type DomainName = string & { readonly [brand]: 'DomainName' };

/** A name a certificate may carry: a DomainName, or `*.` before one (RFC 6125 section 6.4.3). */
export type CertificateName = string & { readonly [brand]: 'CertificateName' };

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

function invalid(text: string, why: string): DomainError {
  const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return new DomainError('invalid-name', `"${shown}" is not a usable domain name: ${why}`);
}

function toAscii(text: string): string {
  const trimmed = text.endsWith('.') ? text.slice(0, -1) : text;
  if (trimmed === '') throw invalid(text, 'it is empty');
  if (isIP(trimmed) !== 0 || /^\[.*\]$/.test(trimmed)) {
    throw invalid(text, 'it is an IP address, and DNS-01 can only prove names; ask for the name instead');
  }
  // Underscores and ASCII are kept as they are: domainToASCII would refuse or rewrite forms that DNS allows.
  // eslint-disable-next-line no-control-regex
  if (/^[\x21-\x7e]*$/.test(trimmed)) return trimmed.toLowerCase();
  const ascii = domainToASCII(trimmed.normalize('NFC'));
  if (ascii === '') throw invalid(text, 'it has characters that no domain name can have');
  return ascii;
}

function checkLabels(text: string, ascii: string, pattern: RegExp): void {
  if (ascii.length > 253) throw invalid(text, `it has ${ascii.length} characters, and a name has at most 253`);
  for (const label of ascii.split('.')) {
    if (label === '') throw invalid(text, 'it has an empty label (two dots in a row, or a dot at the start)');
    if (label.length > 63) throw invalid(text, `the label "${label.slice(0, 20)}..." has more than 63 characters`);
    if (!pattern.test(label)) {
      throw invalid(text, `the label "${label}" has a character or a hyphen at an end that is not allowed there`);
    }
  }
}

/**
 * Any DNS name that is not a wildcard, underscores allowed (RFC 1035, RFC 2181 section 11); IDN becomes A-labels.
 * @throws DomainError `invalid-name`
 */
export function parseDomainName(text: string): DomainName {
  const ascii = toAscii(text);
  checkLabels(text, ascii, LABEL);
  return ascii as DomainName;
}

/**
 * A name for a certificate: host name rules (RFC 1123), at least two labels, `*` only as the whole first label.
 * @throws DomainError `invalid-name`
 */
export function parseCertificateName(text: string): CertificateName {
  const wildcard = text.startsWith('*.');
  const base = wildcard ? text.slice(2) : text;
  if (base.includes('*')) {
    throw invalid(text, 'a "*" may stand only once, as the whole first label, as in *.example.org');
  }
  const ascii = toAscii(base);
  checkLabels(text, ascii, HOST_LABEL);
  if (!ascii.includes('.')) throw invalid(text, 'it needs at least two labels, as in example.org');
  const name = wildcard ? `*.${ascii}` : ascii;
  if (name.length > 253) throw invalid(text, `it has ${name.length} characters, and a name has at most 253`);
  return name as CertificateName;
}

/**
 * The names in order, each once.
 * @throws DomainError `invalid-name` for the first bad one, or when there is none
 */
export function parseCertificateNames(texts: readonly string[]): CertificateName[] {
  if (texts.length === 0)
    throw new DomainError('invalid-name', 'no name was given; name at least one, as in example.org');
  return [...new Set(texts.map(parseCertificateName))];
}

/** The name without `*.`: what an ACME dns identifier's authorization is for (RFC 8555 section 7.1.3). */
export function baseName(name: CertificateName): DomainName {
  const base: string = name.startsWith('*.') ? name.slice(2) : name;
  return base as DomainName;
}

/** Where a CA looks for the answer to a DNS-01 challenge (RFC 8555 section 8.4). */
export function challengeName(name: CertificateName): DomainName {
  return parseDomainName(`_acme-challenge.${baseName(name)}`);
}

/** Whether `name` is `zone` or below it. */
export function isWithin(name: DomainName, zone: DomainName): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** The name one label up, or undefined at a top-level name. */
export function parentOf(name: DomainName): DomainName | undefined {
  const dot = name.indexOf('.');
  return dot < 0 ? undefined : (name.slice(dot + 1) as DomainName);
}
