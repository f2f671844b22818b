import type { CertificateName, DomainName } from '../core/domain-name.ts';

/** One TXT value that answers one challenge: `name` is the `_acme-challenge` name, `value` the 43-character digest. */
export interface ChallengeAnswer {
  readonly name: DomainName;
  readonly value: string;
}

/** A challenge of an order that has to be answered: where to accept it, and what to put in DNS. */
export interface PendingChallenge extends ChallengeAnswer {
  readonly authorizationUrl: string;
  readonly challengeUrl: string;
}

/** Which key pair a certificate gets. */
export type KeyType = 'P-256' | 'P-384' | 'RSA-2048' | 'RSA-3072' | 'RSA-4096';

/** What a person asked for: one certificate. `id` is stable, file-name safe and unique in a store. */
export interface CertificateRequest {
  readonly id: string;
  readonly names: readonly CertificateName[];
  /** ACME directory URL. */
  readonly ca: string;
  readonly keyType: KeyType;
  readonly profile?: string | undefined;
  /** Common name of the root or an issuer that the chain should lead to, when the CA offers alternates. */
  readonly preferredChain?: string | undefined;
}

/**
 * How far an order has come. Each state is stored BEFORE the outward effect that its name announces is tried, together
 * with all that is needed to find the effect again after a crash.
 *
 * created     nothing outward has happened; the private key exists
 * ordering    newOrder may have been sent; on resume the account's orders list is searched for it first
 * ordered     the order exists at `orderUrl`; authorizations have not been read yet
 * presenting  `challenges` are known; their TXT values may be in DNS in part
 * validating  all TXT values are in DNS; challenges may have been accepted in part
 * finalizing  the order was seen ready; finalize may have been sent
 * downloading the order was seen valid at the CA; the chain is not stored yet
 * issued      the chain is here and checked; it may have been delivered, TXT values may still be in DNS
 * cleaning    delivered; TXT values may still be in DNS
 * failing     the order cannot succeed (`failure`); TXT values may still be in DNS
 */
export type OrderState =
  | { step: 'created' }
  | { step: 'ordering'; since: number }
  | { step: 'ordered'; orderUrl: string }
  | { step: 'presenting'; orderUrl: string; challenges: readonly PendingChallenge[] }
  | { step: 'validating'; orderUrl: string; challenges: readonly PendingChallenge[]; since: number }
  | { step: 'finalizing'; orderUrl: string; challenges: readonly PendingChallenge[]; since: number }
  | { step: 'downloading'; orderUrl: string; challenges: readonly PendingChallenge[]; certificateUrl: string }
  | { step: 'issued'; orderUrl: string; challenges: readonly PendingChallenge[]; chain: string }
  | { step: 'cleaning'; orderUrl: string; challenges: readonly PendingChallenge[] }
  | { step: 'failing'; orderUrl: string | undefined; challenges: readonly PendingChallenge[]; failure: OrderFailure };

export interface OrderFailure {
  readonly code: string;
  readonly message: string;
  /** ms since the epoch before which no new order may be made; undefined leaves it to back-off. */
  readonly notBefore: number | undefined;
  /** True when only a person can help (rejected identifier, CAA, paused account). */
  readonly permanent: boolean;
}

/** One order in flight for one certificate: at most one exists per certificate. */
export interface OrderRecord {
  readonly certificate: CertificateRequest;
  readonly createdAt: number;
  /** PKCS#8 PEM of the key the certificate is for. Secret: never logged, kept 0600. */
  readonly privateKey: string;
  readonly state: OrderState;
}
