import { DomainError } from '../core/error.ts';
import { derChildren } from './der.ts';
import type { DerElement } from './der.ts';
import { namedBits, oid, sequence } from './der-writer.ts';
import { dottedOid } from './oid.ts';

/** What each of the 23 usage strings of the cert-manager API is: a bit of KeyUsage, or an OID of ExtendedKeyUsage (RFC 5280 section 4.2.1.12). */
const MEANING = {
  signing: 0,
  'digital signature': 0,
  'content commitment': 1,
  'key encipherment': 2,
  'key agreement': 4,
  'data encipherment': 3,
  'cert sign': 5,
  'crl sign': 6,
  'encipher only': 7,
  'decipher only': 8,
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
} as const satisfies Record<string, number | string>;

export type CertificateUsage = keyof typeof MEANING;

export const CERTIFICATE_USAGES = Object.keys(MEANING) as readonly CertificateUsage[];

/** What a Certificate without usages gets. */
export const DEFAULT_USAGES: readonly CertificateUsage[] = ['digital signature', 'key encipherment'];

const CERT_SIGN = 5;

/** Usages as X.509 has them: bits of KeyUsage in order, and OIDs of ExtendedKeyUsage as they came. */
export interface KeyUsages {
  readonly bits: readonly number[];
  readonly extended: readonly string[];
}

export function isCertificateUsage(text: string): text is CertificateUsage {
  return Object.hasOwn(MEANING, text);
}

/**
 * What is written for a list of usages: the default ones for none, and `cert sign` always for a CA.
 * @throws DomainError `invalid-usage`
 */
export function keyUsages(usages: readonly string[] | undefined, isCA: boolean): KeyUsages {
  const wanted = usages === undefined || usages.length === 0 ? DEFAULT_USAGES : usages;
  const unknown = wanted.filter((usage) => !isCertificateUsage(usage));
  if (unknown.length > 0) throw new DomainError('invalid-usage', `unknown key usages: [${unknown.join(' ')}]`);
  const meanings = wanted.filter(isCertificateUsage).map((usage) => MEANING[usage]);
  const bits = new Set<number>(meanings.filter((meaning) => typeof meaning === 'number'));
  if (isCA) bits.add(CERT_SIGN);
  return {
    bits: [...bits].toSorted((one, other) => one - other),
    extended: [...new Set<string>(meanings.filter((meaning) => typeof meaning === 'string'))],
  };
}

/** The usage strings for what X.509 says; where two strings mean the same, the more usual one. Unknown OIDs are left out. */
export function usageNames({ bits, extended }: KeyUsages): CertificateUsage[] {
  return [...bits, ...extended].flatMap((meaning) => NAMES.get(meaning) ?? []);
}

const NAMES = new Map<number | string, CertificateUsage>(
  CERTIFICATE_USAGES.filter((usage) => usage !== 'signing' && usage !== 's/mime').map((usage) => [
    MEANING[usage],
    usage,
  ]),
);

export function sameUsages(one: KeyUsages, other: KeyUsages): boolean {
  return one.bits.join() === other.bits.join() && one.extended.join() === other.extended.join();
}

export function encodeKeyUsage(bits: readonly number[]): Uint8Array {
  return namedBits(bits);
}

export function encodeExtendedKeyUsage(extended: readonly string[]): Uint8Array {
  return sequence(...extended.map(oid));
}

/** @throws RangeError */
export function readKeyUsage({ content }: DerElement): number[] {
  const octets = content.subarray(1);
  if (content.length === 0 || octets.length > 2) throw new RangeError('a key usage that is no bit string');
  return Array.from({ length: octets.length * 8 }, (_, bit) => bit).filter(
    (bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0,
  );
}

/** @throws RangeError */
export function readExtendedKeyUsage({ content }: DerElement): string[] {
  return derChildren(content).map((purpose) => dottedOid(purpose.content));
}
