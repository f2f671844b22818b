import { X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DomainError, messageOf } from '../core/error.ts';
import { readCertificateFields } from './certificate-fields.ts';
import { toPem } from './pem.ts';

export interface Certificate {
  /** One PEM block, LF line ends, a final newline. */
  readonly pem: string;
  readonly der: Uint8Array;
  /** Lower-case hex without colons. */
  readonly serial: string;
  /** The SAN's DNS names (lower case) and IP addresses. */
  readonly names: readonly string[];
  /** The common name, or the whole name where there is none. */
  readonly subject: string;
  readonly issuer: string;
  /** ms since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly authorityKeyId: Uint8Array | undefined;
  readonly publicKey: KeyObject;
  readonly x509: X509Certificate;
}

/** One certificate from its DER. @throws DomainError `invalid-certificate` */
export function certificateFromDer(der: Uint8Array): Certificate {
  try {
    const fields = readCertificateFields(der);
    const x509 = new X509Certificate(der);
    return {
      pem: toPem('CERTIFICATE', der),
      der,
      serial: x509.serialNumber.toLowerCase(),
      names: fields.names,
      subject: shortName(x509.subject),
      issuer: shortName(x509.issuer),
      notBefore: x509.validFromDate.getTime(),
      notAfter: x509.validToDate.getTime(),
      authorityKeyId: fields.authorityKeyId,
      publicKey: x509.publicKey,
      x509,
    };
  } catch (error) {
    throw new DomainError('invalid-certificate', `a certificate cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function shortName(distinguishedName: string | undefined): string {
  const parts = (distinguishedName ?? '').split('\n');
  return parts.find((part) => part.startsWith('CN='))?.slice(3) ?? parts.join(', ');
}
