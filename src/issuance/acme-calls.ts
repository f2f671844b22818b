import type { AcmeSession } from '../acme/account.ts';
import { getAuthorization } from '../acme/authorization.ts';
import type { Authorization } from '../acme/authorization.ts';
import { downloadCertificate } from '../acme/certificate.ts';
import { chooseChain } from '../acme/chain-choice.ts';
import { acceptChallenge, dns01Value } from '../acme/challenge.ts';
import { createOrder, finalizeOrder, getOrder, listOrders } from '../acme/order.ts';
import type { Order } from '../acme/order.ts';

export type { Authorization } from '../acme/authorization.ts';
export type { Order as AcmeOrder } from '../acme/order.ts';

export interface NewOrder {
  readonly names: readonly string[];
  readonly profile: string | undefined;
  readonly replaces: string | undefined;
  /** ms since the epoch; asked for only where the CA is known to take it. */
  readonly notAfter?: number | undefined;
}

/** What the flow of one order asks of a CA, for one account. The flow sees nothing else of acme/. */
export interface AcmeCalls {
  createOrder(order: NewOrder, signal: AbortSignal): Promise<Order>;
  getOrder(url: string, signal: AbortSignal): Promise<Order>;
  /** URLs of the account's orders; undefined when the CA keeps no such list (Let's Encrypt does not). */
  listOrders(signal: AbortSignal): Promise<readonly string[] | undefined>;
  finalizeOrder(order: Order, csr: Uint8Array, signal: AbortSignal): Promise<Order>;
  getAuthorization(url: string, signal: AbortSignal): Promise<Authorization>;
  acceptChallenge(url: string, signal: AbortSignal): Promise<unknown>;
  /** The chain that leads to the preferred issuer, or the one that the CA offers first. PEM, leaf first, unchecked. */
  downloadChain(url: string, preferred: string | undefined, signal: AbortSignal): Promise<string>;
  /** RFC 8555 section 8.4. */
  dns01Value(token: string): string;
}

/** The calls of a real account. */
export function acmeCalls(session: AcmeSession): AcmeCalls {
  return {
    createOrder: ({ names, profile, replaces, notAfter }, signal) => {
      const identifiers = names.map((value) => ({ type: 'dns' as const, value }));
      return createOrder(session, { identifiers, profile, replaces, notAfter }, signal);
    },
    getOrder: (url, signal) => getOrder(session, url, signal),
    listOrders: (signal) => listOrders(session, signal),
    finalizeOrder: (order, csr, signal) => finalizeOrder(session, order, csr, signal),
    getAuthorization: (url, signal) => getAuthorization(session, url, signal),
    acceptChallenge: (url, signal) => acceptChallenge(session, url, signal),
    downloadChain: async (url, preferred, signal) => {
      const { chain } = await chooseChain(await downloadCertificate(session, url, signal), preferred, signal);
      return chain;
    },
    dns01Value: (token) => dns01Value(session, token),
  };
}
