import type { KeyObject } from 'node:crypto';
import type { ParsedRequest } from './certificate-request.ts';
import type { CertificateUsage } from './key-usage.ts';

export interface CertificateToSign {
  readonly request: ParsedRequest;
  /** `self`: the issuer is the subject, and `key` is the private key of the request. */
  readonly issuer: 'self' | { readonly certificate: string };
  /** Of the issuer, or with `self` of the request. */
  readonly key: KeyObject;
  /** ms since the epoch; certificates keep whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isCA: boolean;
  readonly usages: readonly CertificateUsage[];
  readonly crlDistributionPoints?: readonly string[] | undefined;
  readonly ocspServers?: readonly string[] | undefined;
  readonly issuingCertificateURLs?: readonly string[] | undefined;
}

/**
 * The certificate (RFC 5280) as PEM, of the leaf alone. Signing runs on another thread.
 * @throws DomainError `invalid-key` when `key` cannot sign, `invalid-certificate` when the issuer's cannot be read
 */
export function signCertificate(o: CertificateToSign): Promise<string> {
  throw new Error(`not yet ${String(o)}`);
}
