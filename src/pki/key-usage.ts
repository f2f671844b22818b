/** The 23 usage strings of the cert-manager API. */
export const CERTIFICATE_USAGES = [
  'signing',
  'digital signature',
  'content commitment',
  'key encipherment',
  'key agreement',
  'data encipherment',
  'cert sign',
  'crl sign',
  'encipher only',
  'decipher only',
  'any',
  'server auth',
  'client auth',
  'code signing',
  'email protection',
  's/mime',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'timestamping',
  'ocsp signing',
  'microsoft sgc',
  'netscape sgc',
] as const;

export type CertificateUsage = (typeof CERTIFICATE_USAGES)[number];

/** What a Certificate without usages gets. */
export const DEFAULT_USAGES: readonly CertificateUsage[] = ['digital signature', 'key encipherment'];
