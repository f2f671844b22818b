import type { Order } from '../schema/order.ts';
import { isOver } from './acme-object-states.ts';

/** What is kept in memory of an order that is over: thousands of them stay for as long as their certificates. */
export function slimOrder(order: Order): Order {
  if (!isOver(order)) return order;
  const { state, reason, failureTime, certificate } = order.status ?? {};
  const { issuerRef, dnsNames } = order.spec;
  const status = { state, reason, failureTime, certificate: certificate === undefined ? undefined : '' };
  return { ...order, spec: { issuerRef, dnsNames, request: '' }, status };
}
