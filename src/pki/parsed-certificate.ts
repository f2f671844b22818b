import type { KeyObject } from 'node:crypto';
import type { DistinguishedName } from './distinguished-name.ts';
import type { SubjectNames } from './general-names.ts';
import type { CertificateUsage } from './key-usage.ts';

/** Everything the policies compare. Where `Certificate` (certificate.ts) is for chains, this is for what a certificate says. */
export interface ParsedCertificate extends SubjectNames {
  readonly der: Uint8Array;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  readonly commonName: string;
  readonly usages: readonly CertificateUsage[];
  readonly isCA: boolean;
  /** Lower-case hex without colons. */
  readonly serial: string;
  /** ms since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: KeyObject;
}

/** The first certificate of the PEM. @throws DomainError `invalid-certificate` */
export function parseCertificate(pem: string): ParsedCertificate {
  throw new Error(`not yet ${pem.length}`);
}
