import type { Event } from './event.ts';

/** Counts orders from their events: one certificate has at most one order. */
export function createOrdersInFlight(): { record(event: Event): void; count(): number } {
  const certificates = new Set<string>();
  return {
    record({ type, certificate }) {
      if (type === 'order.created' || type === 'order.resumed') certificates.add(certificate);
      else if (type === 'certificate.delivered' || type === 'issuance.failed') certificates.delete(certificate);
    },
    count: () => certificates.size,
  };
}
