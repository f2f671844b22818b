import type { Order } from '../../acme/order.ts';
import { orderOnce } from '../order-once.ts';
import type { OrderRecord } from '../order-record.ts';
import { goOn, store } from '../order-step.ts';
import type { OrderDeps, OrderStep, Step } from '../order-step.ts';

/** A first order: nothing can be at the CA yet. */
export const createFirstOrder: Step<'created'> = async (order, deps, signal) => {
  return createOrder(await store(order, { step: 'ordering' }, deps), false, deps, signal);
};

export const createOrderOnce: Step<'ordering'> = (order, deps, signal) => createOrder(order, true, deps, signal);

async function createOrder(
  order: OrderRecord,
  mayExist: boolean,
  deps: OrderDeps,
  signal: AbortSignal,
): Promise<OrderStep> {
  const { names, profile } = order.certificate;
  const wanted = { names, profile, replaces: order.replaces };
  const made = await orderOnce(wanted, deps.acme, { mayExist, now: deps.clock.now(), signal });
  const step = await adopt(order, made.order, deps);
  if (made.found) return step;
  const { id: certificate, ca } = order.certificate;
  deps.emit({ type: 'order.created', certificate, ca, url: made.order.url, names });
  return step;
}

function adopt(order: OrderRecord, found: Order, deps: OrderDeps): Promise<OrderStep> {
  const { url: orderUrl, authorizationUrls } = found;
  // With every authorization re-used by the CA there is no challenge, and nothing to read.
  if (found.status === 'ready') {
    return goOn(order, { step: 'validating', orderUrl, challenges: [], since: deps.clock.now() }, deps);
  }
  return goOn(order, { step: 'ordered', orderUrl, authorizationUrls }, deps);
}
