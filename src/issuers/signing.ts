import type { CertificateUsage } from '../pki/key-usage.ts';

/** What a CertificateRequest says: the CSR, and what stands beside it. */
export interface SigningRequest {
  /** PEM. */
  readonly csr: string;
  /** ms; 90 days when absent. */
  readonly duration?: number | undefined;
  readonly isCA?: boolean | undefined;
  readonly usages?: readonly CertificateUsage[] | undefined;
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
  /** `request`: the request can never be signed. `issuer`: the issuer's key material has to be mended first. */
  | { readonly outcome: 'refused'; readonly fault: 'request' | 'issuer'; readonly message: string };
