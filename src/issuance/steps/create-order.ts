import type { Order } from '../../acme/order.ts';
import { AcmeError } from '../../acme/problem.ts';
import { inParallel } from '../in-parallel.ts';
import type { OrderRecord } from '../order-record.ts';
import { goOn, store } from '../order-step.ts';
import type { OrderDeps, OrderStep, Step } from '../order-step.ts';

/** How many of the account's orders are looked through; a CA lists them by the time they were made, oldest first. */
const SEARCHED_ORDERS = 100;

/** A first order: nothing can be at the CA yet. */
export const createFirstOrder: Step<'created'> = async (order, deps, signal) => {
  return sendNewOrder(await store(order, { step: 'ordering' }, deps), deps, signal);
};

/**
 * newOrder may have reached the CA before a crash or a lost answer. Where the CA keeps a list of orders, ours is searched there;
 * where it does not (Let's Encrypt), the CA itself gives an identical order that is pending back in place of a new one.
 */
export const createOrderOnce: Step<'ordering'> = async (order, deps, signal) => {
  const found = await findOrder(order, deps, signal);
  return found === undefined ? sendNewOrder(order, deps, signal) : adopt(order, found, deps);
};

async function sendNewOrder(order: OrderRecord, deps: OrderDeps, signal: AbortSignal): Promise<OrderStep> {
  const { names, profile } = order.certificate;
  const made = await deps.acme.createOrder({ names, profile, replaces: order.replaces }, signal);
  const step = await adopt(order, made, deps);
  deps.emit({
    type: 'order.created',
    certificate: order.certificate.id,
    ca: order.certificate.ca,
    url: made.url,
    names,
  });
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

/**
 * An order of this account for these names that nobody has finalized. One that is past that point was finalized with another key:
 * this record would have stored its URL before.
 */
async function findOrder(order: OrderRecord, deps: OrderDeps, signal: AbortSignal): Promise<Order | undefined> {
  const urls = await deps.acme.listOrders(signal);
  const newest = (urls ?? []).slice(-SEARCHED_ORDERS);
  const orders = await inParallel(newest, async (url) => readOrder(url, deps, signal));
  return orders.findLast((found) => found !== undefined && isOpen(found, deps.clock.now()) && isFor(found, order));
}

/** A list may hold orders that are gone; one that cannot be read is not ours to worry about. */
async function readOrder(url: string, deps: OrderDeps, signal: AbortSignal): Promise<Order | undefined> {
  try {
    return await deps.acme.getOrder(url, signal);
  } catch (error) {
    if (error instanceof AcmeError && (error.status === 404 || error.retry.kind === 'never')) return undefined;
    throw error;
  }
}

function isOpen(found: Order, now: number): boolean {
  const live = found.status === 'pending' || found.status === 'ready';
  return live && (found.expires === undefined || found.expires > now);
}

function isFor(found: Order, order: OrderRecord): boolean {
  const wanted: ReadonlySet<string> = new Set(order.certificate.names);
  const present = new Set(found.identifiers.map((identifier) => identifier.value.toLowerCase()));
  return wanted.symmetricDifference(present).size === 0;
}
