import type { Order } from '../acme/order.ts';
import { AcmeError } from '../acme/problem.ts';
import type { AcmeCalls } from './acme-calls.ts';

/**
 * Hands in the CSR for an order that was just seen ready: a second finalize is refused by some CAs, and would be a second certificate at none.
 * undefined: the CA says that it is not ready after all; look at the order again.
 */
export async function finalizeOnce(
  seen: Order,
  csr: Uint8Array,
  acme: AcmeCalls,
  signal: AbortSignal,
): Promise<Order | undefined> {
  try {
    return await acme.finalizeOrder(seen, csr, signal);
  } catch (error) {
    // The CA's own parts may disagree for a moment (RFC 8555 section 7.4).
    if (error instanceof AcmeError && error.code === 'acme-order-not-ready') return undefined;
    throw error;
  }
}
