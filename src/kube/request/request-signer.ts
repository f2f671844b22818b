import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';

/** What became of an approved request. The request controller writes it into the status and tells it as an event. */
export type SigningOutcome =
  | {
      readonly kind: 'issued';
      /** PEM: leaf, then intermediates. */
      readonly certificate: string;
      /** PEM of the root; undefined when the issuer gives none, as with ACME. */
      readonly ca?: string | undefined;
    }
  | {
      /** Looked at again when the issuer or a Secret that was named changes, when `wake` says so, or after `again` ms. */
      readonly kind: 'pending';
      readonly message: string;
      /** An event beside it, when something happened just now. */
      readonly event?: { readonly reason: string; readonly type?: 'Normal' | 'Warning'; readonly message?: string };
      readonly again?: number;
    }
  | {
      /** For good: the request is never looked at again, and its Certificate makes a new one later. */
      readonly kind: 'failed';
      readonly message: string;
      /** Default `Failed`. */
      readonly eventReason?: string;
    };

/** Who signs for one type of issuer. Only asked for requests that are approved, for an issuer that is Ready; as often as one likes. */
export interface RequestSigner {
  sign(request: CertificateRequest, issuer: AnyIssuer, signal: AbortSignal): Promise<SigningOutcome>;
  /** Called once: the signer calls `wake` with the key of a request (`namespace/name`) whose outcome may have changed. */
  watch?(wake: (request: string) => void): void;
}
