import type { CertificateName, DomainName } from '../core/domain-name.ts';
import type { KeyType } from '../pki/key.ts';

/** One TXT value that answers one challenge: `name` is the `_acme-challenge` name, `value` the 43-character digest. */
export interface ChallengeAnswer {
  readonly name: DomainName;
  readonly value: string;
}

/** A challenge of an order that has to be answered: where to accept it, and what to put in DNS. */
export interface PendingChallenge extends ChallengeAnswer {
  /** Where the CNAME at `name` leads: the name that the CA's question is answered at. */
  readonly target: DomainName;
  readonly authorizationUrl: string;
  readonly challengeUrl: string;
}

export type { KeyType };

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
 * ordered     the order exists at `orderUrl`; its authorizations have not been read yet
 * presenting  `challenges` are known; their TXT values may be in DNS in part
 * accepting   all TXT values are in DNS; challenges may have been accepted in part
 * validating  all challenges were accepted; the CA is looking
 * finalizing  the order was seen ready; finalize may have been sent
 * downloading the order was seen valid at the CA; the chain is not stored yet
 * issued      the chain is here and checked; it may have been delivered, TXT values may still be in DNS
 * cleaning    delivered, or given up because something else is wanted now; TXT values may still be in DNS
 * failing     the order cannot succeed (`failure`); TXT values may still be in DNS
 */
export type OrderState =
  | { step: 'created' }
  | { step: 'ordering' }
  | { step: 'ordered'; orderUrl: string; authorizationUrls: readonly string[] }
  | { step: 'presenting'; orderUrl: string; challenges: readonly PendingChallenge[] }
  | { step: 'accepting'; orderUrl: string; challenges: readonly PendingChallenge[] }
  | { step: 'validating'; orderUrl: string; challenges: readonly PendingChallenge[]; since: number }
  | { step: 'finalizing'; orderUrl: string; challenges: readonly PendingChallenge[]; since: number }
  | { step: 'downloading'; orderUrl: string; challenges: readonly PendingChallenge[]; certificateUrl: string }
  | { step: 'issued'; orderUrl: string; challenges: readonly PendingChallenge[]; chain: string }
  | {
      step: 'cleaning';
      orderUrl: string | undefined;
      challenges: readonly PendingChallenge[];
      outcome: OrderOutcome;
      retryAt: number;
    }
  | { step: 'failing'; orderUrl: string | undefined; challenges: readonly PendingChallenge[]; failure: OrderFailure };

/** Why an order has come to its end. `abandoned`: it is gone at the CA, or something else is wanted now; a new order may follow at once. */
export type OrderOutcome = { kind: 'delivered' } | { kind: 'abandoned'; code: string; message: string };

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
  /** ARI name of the certificate that this one replaces (RFC 9773 section 5); dropped when the CA does not want it. */
  readonly replaces?: string | undefined;
  /** Answers of an earlier order that could not be taken away then; removed together with this order's own. */
  readonly leftovers?: readonly ChallengeAnswer[] | undefined;
  readonly state: OrderState;
}

/** The order as it is now known, in another state. */
export function inState<S extends OrderState>(order: OrderRecord, state: S): OrderRecord & { readonly state: S } {
  return { ...order, state };
}

/** The challenges whose TXT values may be in DNS. */
export function challengesOf(order: OrderRecord): readonly PendingChallenge[] {
  return 'challenges' in order.state ? order.state.challenges : [];
}

/** Where the order is at the CA, once that is known. */
export function orderUrlOf({ state }: OrderRecord): string | undefined {
  return 'orderUrl' in state ? state.orderUrl : undefined;
}
