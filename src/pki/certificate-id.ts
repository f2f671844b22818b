import { DomainError } from '../core/error.ts';
import { readCertificateFields } from './certificate-fields.ts';

/**
 * The certificate's name in ACME Renewal Information (RFC 9773 section 4.1): key identifier of the authority, a dot, serial
 * number as encoded in DER (a leading 00 stays where the high bit is set); both base64url without padding.
 * @throws DomainError `invalid-certificate` when it names no authority key
 */
export function certificateId(leaf: { readonly der: Uint8Array }): string {
  const { authorityKeyId, serial } = readCertificateFields(leaf.der);
  if (authorityKeyId === undefined) {
    throw new DomainError(
      'invalid-certificate',
      'the certificate has no authority key identifier, so its CA cannot be asked when to renew it',
    );
  }
  return `${Buffer.from(authorityKeyId).toString('base64url')}.${Buffer.from(serial).toString('base64url')}`;
}
