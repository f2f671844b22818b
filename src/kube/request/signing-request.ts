import { parseDuration } from '../../core/duration.ts';
import type { SigningRequest } from '../../issuers/signing.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';

/** @throws DomainError `invalid-duration` */
export function signingRequestOf({ spec }: CertificateRequest): SigningRequest {
  return {
    csr: Buffer.from(spec.request, 'base64').toString('utf8'),
    duration: spec.duration === undefined ? undefined : parseDuration(spec.duration),
    isCA: spec.isCA,
    usages: spec.usages,
  };
}
