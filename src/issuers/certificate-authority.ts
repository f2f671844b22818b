import type { Signing, SigningRequest } from './signing.ts';

/** The key pair of a CA issuer, with what it writes into each certificate. */
export interface AuthorityMaterial {
  /** PEM: the CA certificate first, then what leads to its root. */
  readonly certificate: string;
  /** PEM, secret. */
  readonly privateKey: string;
  readonly crlDistributionPoints?: readonly string[] | undefined;
  readonly ocspServers?: readonly string[] | undefined;
  readonly issuingCertificateURLs?: readonly string[] | undefined;
}

/** Whether a key pair can be a CA issuer's: readable, belongs together, a CA certificate. A sentence when not. */
export function authorityFault(material: Pick<AuthorityMaterial, 'certificate' | 'privateKey'>): string | undefined {
  throw new Error(`not yet ${String(material)}`);
}

export function signByAuthority(request: SigningRequest, authority: AuthorityMaterial, now: number): Promise<Signing> {
  throw new Error(`not yet ${String(request)} ${String(authority)} ${now}`);
}
