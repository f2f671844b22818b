import type { Order } from '../acme/order.ts';
import { AcmeError } from '../acme/problem.ts';
import type { AcmeCalls, NewOrder } from './acme-calls.ts';
import { inParallel } from './in-parallel.ts';

/** How many of the account's orders are looked through; a CA lists them by the time they were made, oldest first. */
const SEARCHED_ORDERS = 100;

export interface OrderOnce {
  readonly order: Order;
  /** It was there already. */
  readonly found: boolean;
}

/**
 * Makes an order, or finds the one that was made. With `mayExist`, newOrder may have reached the CA before a crash or a lost answer: where the
 * CA keeps a list of orders, ours is searched there; where it does not (Let's Encrypt), the CA itself gives an identical order that is pending
 * back in place of a new one.
 */
export async function orderOnce(
  wanted: NewOrder,
  acme: AcmeCalls,
  { mayExist, now, signal }: { readonly mayExist: boolean; readonly now: number; readonly signal: AbortSignal },
): Promise<OrderOnce> {
  const found = mayExist ? await findOrder(wanted, acme, now, signal) : undefined;
  if (found !== undefined) return { order: found, found: true };
  return { order: await acme.createOrder(wanted, signal), found: false };
}

/**
 * An order of this account for these names that nobody has finalized. One that is past that point was finalized with another key:
 * whoever did that would have stored its URL before.
 */
async function findOrder(
  wanted: NewOrder,
  acme: AcmeCalls,
  now: number,
  signal: AbortSignal,
): Promise<Order | undefined> {
  const urls = await acme.listOrders(signal);
  const newest = (urls ?? []).slice(-SEARCHED_ORDERS);
  const orders = await inParallel(newest, async (url) => readOrder(url, acme, signal));
  return orders.findLast((order) => order !== undefined && isOpen(order, now) && isFor(order, wanted));
}

/** A list may hold orders that are gone; one that cannot be read is not ours to worry about. */
async function readOrder(url: string, acme: AcmeCalls, signal: AbortSignal): Promise<Order | undefined> {
  try {
    return await acme.getOrder(url, signal);
  } catch (error) {
    if (error instanceof AcmeError && (error.status === 404 || error.retry.kind === 'never')) return undefined;
    throw error;
  }
}

function isOpen(order: Order, now: number): boolean {
  const live = order.status === 'pending' || order.status === 'ready';
  return live && (order.expires === undefined || order.expires > now);
}

function isFor(order: Order, { names }: NewOrder): boolean {
  const wanted: ReadonlySet<string> = new Set(names);
  const present = new Set(order.identifiers.map((identifier) => identifier.value.toLowerCase()));
  return wanted.symmetricDifference(present).size === 0;
}
