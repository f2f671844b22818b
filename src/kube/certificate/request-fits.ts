import { DomainError } from '../../core/error.ts';
import { parseCertificateRequest } from '../../pki/certificate-request.ts';
import type { ParsedRequest } from '../../pki/certificate-request.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import { specDifferences } from './request-checks.ts';

/** The CSR of a request; undefined when it cannot be read. */
export function csrOf({ spec }: CertificateRequest): ParsedRequest | undefined {
  try {
    return parseCertificateRequest(Buffer.from(spec.request, 'base64').toString('utf8'));
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

/** Whether a request with this CSR is just what would be asked for now. It is not where the spec cannot be read. */
export function requestFits(spec: CertificateSpec, request: CertificateRequest, csr: ParsedRequest): boolean {
  try {
    return specDifferences(spec, request, csr).length === 0;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}
