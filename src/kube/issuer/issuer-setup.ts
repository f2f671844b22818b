import type { AnyIssuer } from './issuer-lookup.ts';

/** What was found out about an issuer. The issuer controller writes it into the status and tells it as an event. */
export interface IssuerFinding {
  readonly ready: boolean;
  /** As in cert-manager: `KeyPairVerified`, `ErrGetKeyPair`, `ACMEAccountRegistered`, ... */
  readonly reason: string;
  readonly message: string;
  /** An event; when it is the same as the last one of this issuer, it is not told again. */
  readonly event?: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string };
  /** What `status.acme` is to be. Absent: it stays as it is. */
  readonly acme?: NonNullable<AnyIssuer['status']>['acme'];
  /** Names of Secrets, in the issuer's own namespace, whose change makes it worth looking again. */
  readonly secrets?: readonly string[];
  /** Looked at again after so many ms. */
  readonly again?: number;
}

/** Finds out whether one type of issuer can be used. Thrown errors are tried again by back-off, and stand in the condition meanwhile. */
export type IssuerSetup = (issuer: AnyIssuer, signal: AbortSignal) => Promise<IssuerFinding>;
