import type { CertificateName, DomainName } from '../core/domain-name.ts';

/**
 * What happens to a certificate, in the words of the business. Every event names the certificate it is about.
 * Log lines, metrics, `demo` and `-o json` are all made from these; none carries a secret.
 */
export type Event =
  | { type: 'account.registered'; certificate: string; ca: string; account: string }
  | { type: 'delegation.registered'; certificate: string; name: DomainName; target: DomainName }
  | { type: 'delegation.needed'; certificate: string; name: DomainName; target: DomainName; message: string }
  | { type: 'delegation.seen'; certificate: string; name: DomainName; target: DomainName }
  | { type: 'order.created'; certificate: string; ca: string; url: string; names: readonly CertificateName[] }
  | { type: 'order.resumed'; certificate: string; url: string; step: string }
  | { type: 'challenge.presented'; certificate: string; name: DomainName; target: DomainName }
  | { type: 'challenge.asked'; certificate: string; name: DomainName; from: string }
  | { type: 'challenge.accepted'; certificate: string; name: DomainName }
  | { type: 'authorization.valid'; certificate: string; name: DomainName }
  | { type: 'order.finalized'; certificate: string; url: string }
  | {
      type: 'certificate.issued';
      certificate: string;
      serial: string;
      notBefore: number;
      notAfter: number;
      issuer: string;
    }
  | { type: 'certificate.delivered'; certificate: string; files: readonly string[] }
  | { type: 'hook.failed'; certificate: string; message: string }
  | { type: 'challenge.removed'; certificate: string; name: DomainName }
  | { type: 'renewal.planned'; certificate: string; at: number; reason: string }
  | { type: 'issuance.failed'; certificate: string; code: string; message: string; retryAt: number | undefined };

/** Takes an event as it happens; must not throw and must not wait. */
export type EventSink = (event: Event) => void;

export const noEvents: EventSink = () => {};
