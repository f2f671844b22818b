import { DomainError } from '../core/error.ts';
import type { ParsedRequest } from '../pki/certificate-request.ts';
import { parseCertificateRequest } from '../pki/certificate-request.ts';
import { keyUsages, sameUsages, usageNames } from '../pki/key-usage.ts';
import type { KeyUsages } from '../pki/key-usage.ts';

/** What a CertificateRequest says: the CSR, and what stands beside it. */
export interface SigningRequest {
  /** PEM. */
  readonly csr: string;
  /** ms; 90 days when absent. */
  readonly duration?: number | undefined;
  readonly isCA?: boolean | undefined;
  readonly usages?: readonly string[] | undefined;
}

export type Signing =
  | {
      readonly outcome: 'signed';
      /** PEM: leaf, then intermediates, no root. */
      readonly certificate: string;
      /** PEM of the root, for status.ca. */
      readonly ca: string | undefined;
      /** Something a person should know although it was signed, for example an empty subject. */
      readonly warning?: string | undefined;
    }
  /** Where the fault lies. `request`: it can never be signed. `issuer`: the issuer's key material has to be mended first. */
  | { readonly outcome: 'refused'; readonly blame: 'request' | 'issuer'; readonly message: string };

/** As cert-manager: 90 days. */
export const DEFAULT_DURATION = 90 * 86_400_000;

/** A request that was read and holds together. */
export interface CheckedRequest {
  readonly request: ParsedRequest;
  readonly usages: KeyUsages;
  readonly isCA: boolean;
  readonly duration: number;
}

/**
 * Reads the CSR and holds it against what stands beside it, as an approver saw only the latter: usages and CA flag in the CSR must be the same.
 * @throws DomainError `invalid-csr`, `invalid-usage`, `invalid-request`
 */
export function checkRequest(asked: SigningRequest): CheckedRequest {
  const request = parseCertificateRequest(asked.csr);
  if (!request.verified)
    throw invalid('the certificate request is not signed by the key that it asks a certificate for');
  const isCA = asked.isCA === true;
  const usages = keyUsages(asked.usages, isCA);
  if (request.isCA !== undefined && request.isCA !== isCA) {
    throw invalid(`the certificate request ${says(request.isCA)} a CA certificate, and spec.isCA is ${isCA}`);
  }
  if (request.keyUsages !== undefined && !sameUsages(request.keyUsages, usages)) {
    throw invalid(
      `the certificate request has the usages ${listed(request.keyUsages)}, and spec.usages mean ${listed(usages)}`,
    );
  }
  const duration = asked.duration ?? DEFAULT_DURATION;
  if (!(duration >= 1000)) throw invalid('the certificate would expire as soon as it begins; give it a duration');
  return { request, usages, isCA, duration };
}

/** A refusal from what was thrown; what is no DomainError goes on. */
export function refusal(thrown: unknown, blame: 'request' | 'issuer'): Signing {
  if (!(thrown instanceof DomainError)) throw thrown;
  return { outcome: 'refused', blame, message: thrown.message };
}

function says(isCA: boolean): string {
  return isCA ? 'asks for' : 'asks for anything but';
}

function listed(usages: KeyUsages): string {
  return `[${usageNames(usages).join(', ')}]`;
}

function invalid(message: string): DomainError {
  return new DomainError('invalid-request', message);
}
