import { DomainError } from '../../core/error.ts';

const PEM = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]*)-----END /;

/** The request of an Order or a CertificateRequest as DER: the API has it as PEM or as DER, in base64. @throws DomainError `invalid-csr` */
export function csrOf({ spec }: { readonly spec: { readonly request: string } }): Uint8Array {
  const bytes = Buffer.from(spec.request, 'base64');
  const body = PEM.exec(bytes.toString('latin1'))?.[1];
  if (body !== undefined) return Buffer.from(body, 'base64');
  if (bytes[0] === 0x30) return bytes;
  throw new DomainError('invalid-csr', 'the certificate request cannot be read: it is neither PEM nor DER');
}
