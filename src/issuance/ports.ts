import type { CertificateName, DomainName } from '../core/domain-name.ts';
import type { CertificateRequest, ChallengeAnswer, OrderRecord } from './order-record.ts';

/**
 * Orders in flight and what became of them. Promise: when a method resolves, its effect survives kill -9 and power loss.
 * Conformance: test/conformance/order-store.ts
 */
export interface OrderStore {
  /** The order in flight for a certificate, or undefined. */
  loadOrder(certificateId: string): Promise<OrderRecord | undefined>;
  /** Inserts or replaces the order in flight of `order.certificate.id`. */
  saveOrder(order: OrderRecord): Promise<void>;
  deleteOrder(certificateId: string): Promise<void>;
  /** Failures in a row, for back-off; undefined when the last attempt succeeded or none was made. */
  loadAttempts(certificateId: string): Promise<Attempts | undefined>;
  saveAttempts(certificateId: string, attempts: Attempts | undefined): Promise<void>;
}

export interface Attempts {
  readonly failures: number;
  readonly lastFailureAt: number;
  /** ms since the epoch; no new order before this. undefined with `permanent`: a person has to act. */
  readonly notBefore: number | undefined;
  readonly permanent: boolean;
  readonly code: string;
  readonly message: string;
  /** The names and CA that failed (see requestFingerprint): a changed request starts afresh. */
  readonly fingerprint: string;
  /** `createdAt` of the order that failed for good: it is counted once, also when a crash makes it fail a second time. */
  readonly countedOrder?: number | undefined;
}

/** When a certificate that is in place will be renewed. Bound to its serial: data about another certificate never counts. */
export interface Renewal {
  readonly serial: string;
  /** Directory URL of the CA that issued it. */
  readonly ca: string;
  readonly issuedAt: number;
  /** The instant chosen, once: ms since the epoch. */
  readonly at: number;
  readonly reason: string;
  /** The window of the CA that `at` was chosen from (RFC 9773); undefined when `at` comes from the lifetime alone. */
  readonly window?: { readonly start: number; readonly end: number } | undefined;
  /** When the CA is to be asked again for its window. */
  readonly askAgainAt?: number | undefined;
  /** Whether `renewal.planned` has told of it. */
  readonly announced?: boolean | undefined;
}

/** Promise: durable when `saveRenewal` resolves. Conformance: test/conformance/renewal-store.ts */
export interface RenewalStore {
  loadRenewal(certificateId: string): Promise<Renewal | undefined>;
  saveRenewal(certificateId: string, renewal: Renewal | undefined): Promise<void>;
}

/** A certificate that a person asked for on the command line, beside those of the config file. */
export interface WantedCertificate {
  readonly certificate: CertificateRequest;
  /** Folder of its files, when it is not the usual one. */
  readonly output?: string | undefined;
  /** The flags it was asked for with, in the shape of the config file, so that it can be renewed the same way. May hold secrets. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
}

/** Promise: durable when a method resolves. Conformance: test/conformance/wanted-store.ts */
export interface WantedCertificateStore {
  /** All, in the order of their ids. */
  listWanted(): Promise<readonly WantedCertificate[]>;
  /** Inserts or replaces the one with the same `certificate.id`. */
  saveWanted(wanted: WantedCertificate): Promise<void>;
  removeWanted(certificateId: string): Promise<void>;
}

/**
 * Puts answers where the CA will look and takes them away. Both are idempotent: presenting twice is as once, removing what is
 * not there is no error. Promise: when `present` resolves, every answer is being served.
 * Conformance: test/conformance/presenter.ts
 */
export interface Presenter {
  /** The name that the CNAME at `_acme-challenge.<domain>` must point to; registers with the server when there is none yet. */
  delegationTarget(domain: DomainName, signal: AbortSignal): Promise<DomainName>;
  /** All answers of one order together. */
  present(answers: readonly ChallengeAnswer[], signal: AbortSignal): Promise<void>;
  remove(answers: readonly ChallengeAnswer[], signal: AbortSignal): Promise<void>;
}

/** What the look at one delegation found. `message` says what to put where, word for word as to be typed. */
export type DelegationFinding =
  | { kind: 'ready'; name: DomainName; target: DomainName }
  | { kind: 'missing'; name: DomainName; target: DomainName; fault: string; message: string };

/** Looks from outside, the way a CA will look, whether a challenge answered by us would be found. Spends nothing at the CA. */
export interface DelegationChecker {
  checkDelegation(domain: DomainName, target: DomainName, signal: AbortSignal): Promise<DelegationFinding>;
}

/** An issued certificate with its key, as it is kept. */
export interface IssuedCertificate {
  readonly certificate: CertificateRequest;
  /** PKCS#8 PEM. Secret. */
  readonly privateKey: string;
  /** PEM, leaf first. */
  readonly chain: string;
  readonly issuedAt: number;
}

/** What is known of a certificate that was delivered before; nothing secret. */
export interface CertificateFacts {
  readonly names: readonly CertificateName[];
  readonly serial: string;
  readonly issuer: string;
  /** ms since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * Where issued certificates go (files, a Kubernetes Secret). `deliver` replaces atomically: a reader sees the old pair or the
 * new pair, never a mixture. It is idempotent. Returns the places, for a person to read.
 */
export interface Delivery {
  deliver(issued: IssuedCertificate): Promise<readonly string[]>;
  /** The leaf that is in place, or undefined when there is none or it cannot be read. */
  current(certificateId: string): Promise<{ chain: string; facts: CertificateFacts } | undefined>;
}

/** An account at one CA. */
export interface AcmeAccount {
  /** PKCS#8 PEM. Secret. */
  readonly privateKey: string;
  /** The account URL, undefined until newAccount has answered. */
  readonly url: string | undefined;
}

/** Account keys, one per CA directory URL. Promise: durable when `saveAccount` resolves. Conformance: test/conformance/account-store.ts */
export interface AcmeAccountStore {
  loadAccount(ca: string): Promise<AcmeAccount | undefined>;
  saveAccount(ca: string, account: AcmeAccount): Promise<void>;
}
