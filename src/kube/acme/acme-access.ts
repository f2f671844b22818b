import type { AcmeCalls } from '../../issuance/acme-calls.ts';

/** Where a CA is, and whom to believe that it is it. */
export interface AcmeServer {
  readonly directoryUrl: string;
  /** PEM roots in place of the system's. */
  readonly trust: string | undefined;
  readonly trustAnyone: boolean;
}

export interface AcmeAccountKey {
  /** PEM. Secret. */
  readonly privateKey: string;
  /** The account's URL. */
  readonly uri: string;
}

export interface AcmeRegistration {
  readonly privateKey: string;
  readonly email: string | undefined;
  readonly externalAccount: { readonly keyId: string; readonly hmacKey: string } | undefined;
}

/** The suggestion of a CA when to renew (RFC 9773 section 4.2). Times in ms since the epoch. */
export interface RenewalSuggestion {
  readonly suggestedWindow: { readonly start: number; readonly end: number };
  readonly explanationUrl?: string | undefined;
  readonly retryAfter: number;
}

/** ACME itself, which this room does not know: app/ wires acme/ to it. Connections and nonces of one server are shared. */
export interface AcmeAccess {
  /** Makes the account of a key, or finds it; its mail address is then the one given. @throws AcmeError */
  register(server: AcmeServer, registration: AcmeRegistration, signal: AbortSignal): Promise<string>;
  /** @throws AcmeError */
  changeEmail(
    server: AcmeServer,
    account: AcmeAccountKey,
    email: string | undefined,
    signal: AbortSignal,
  ): Promise<void>;
  /** Makes no request. @throws DomainError when the key cannot be used */
  account(server: AcmeServer, account: AcmeAccountKey): AcmeCalls;
  /** undefined: the CA has none. @throws AcmeError */
  renewalInfo(server: AcmeServer, certificateId: string, signal: AbortSignal): Promise<RenewalSuggestion | undefined>;
}
