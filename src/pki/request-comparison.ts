import type { ParsedRequest } from './certificate-request.ts';
import type { ParsedCertificate } from './parsed-certificate.ts';
import type { RequestContent } from './certificate-request.ts';

/** A Certificate's spec as far as it is compared: the content of a request without the key. */
export type WantedContent = Omit<RequestContent, 'privateKey'>;

/**
 * The spec fields (`spec.dnsNames`, `spec.commonName`, ...) in which a request differs from what is wanted, in cert-manager's order;
 * empty when it fits. Lists are compared as sets.
 */
export function requestDifferences(wanted: WantedContent, request: ParsedRequest): string[] {
  throw new Error(`not yet ${String(wanted)} ${String(request)}`);
}

/**
 * The same against an issued certificate where no request is left to compare with. Fuzzy: a CA may have changed more than we asked for,
 * so the common name may stand among the DNS names, and fields that issuers override are not looked at.
 */
export function certificateDifferences(wanted: WantedContent, certificate: ParsedCertificate): string[] {
  throw new Error(`not yet ${String(wanted)} ${String(certificate)}`);
}
