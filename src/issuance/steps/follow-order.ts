import type { Order } from '../../acme/order.ts';
import { assertNever } from '../../core/assert-never.ts';
import { DomainError } from '../../core/error.ts';
import { createCsr } from '../../pki/csr.ts';
import { domainOf, namesOf } from '../challenge-names.ts';
import { finalizeOnce } from '../finalize-once.ts';
import { again, goOn, store } from '../order-step.ts';
import type { OrderDeps, OrderIn, OrderStep, Step } from '../order-step.ts';
import { pollDelay } from '../poll-delay.ts';
import { whyInvalid } from '../why-invalid.ts';
import { endOrder } from './end-order.ts';

/** How long a CA may take to sign. */
const ORDER_DEADLINE = 300_000;
/** A CA that signs while it answers may be done at once. */
const FIRST_LOOK = 25;
/** A Retry-After of a CA that has not finished by the deadline is honoured up to this. */
const LONGEST_PAUSE = 3_600_000;

type Followed = OrderIn<'validating' | 'finalizing'>;

/** After a crash nobody knows whether finalize was sent; the order does. */
export const awaitCertificate: Step<'finalizing'> = async (order, deps, signal) => {
  return followOrder(order, await deps.acme.getOrder(order.state.orderUrl, signal), deps, signal);
};

/** What to do next, by what was seen of the order at the CA (RFC 8555 section 7.1.6). */
export async function followOrder(
  order: Followed,
  seen: Order,
  deps: OrderDeps,
  signal: AbortSignal,
): Promise<OrderStep> {
  switch (seen.status) {
    case 'pending':
      return backToValidation(order, deps);
    case 'ready':
      return finalize(order, seen, deps, signal);
    case 'processing':
      return awaitSignature(order, seen, deps);
    case 'valid':
      return toDownload(order, seen, deps);
    case 'invalid':
      return endOrder(order, await whyInvalid(seen, deps.acme, signal), deps);
    default:
      return assertNever(seen.status);
  }
}

/** An order that was ready does not become pending again; if one does, it is waited for once more. */
function backToValidation(order: Followed, deps: OrderDeps): Promise<OrderStep> {
  const { orderUrl, challenges } = order.state;
  return goOn(order, { step: 'validating', orderUrl, challenges, since: deps.clock.now() }, deps);
}

async function finalize(order: Followed, seen: Order, deps: OrderDeps, signal: AbortSignal): Promise<OrderStep> {
  const { orderUrl, challenges } = order.state;
  const { privateKey, certificate } = order;
  const csr = await createCsr({ privateKey, names: certificate.names });
  const next = await store(order, { step: 'finalizing', orderUrl, challenges, since: deps.clock.now() }, deps);
  if (order.state.step === 'validating') {
    for (const name of namesOf(challenges).map(domainOf)) {
      deps.emit({ type: 'authorization.valid', certificate: certificate.id, name });
    }
  }
  const answer = await finalizeOnce(seen, csr, deps.acme, signal);
  if (answer !== undefined) deps.emit({ type: 'order.finalized', certificate: certificate.id, url: orderUrl });
  // An answer that still says "ready" was written before the CA took the request in.
  if (answer === undefined || answer.status === 'ready' || answer.status === 'pending') {
    return again(next, delayOf(next, answer?.retryAfter, deps) ?? 0);
  }
  return followOrder(next, answer, deps, signal);
}

async function awaitSignature(order: Followed, seen: Order, deps: OrderDeps): Promise<OrderStep> {
  const { orderUrl, challenges } = order.state;
  const now = deps.clock.now();
  const following =
    order.state.step === 'finalizing'
      ? order
      : await store(order, { step: 'finalizing', orderUrl, challenges, since: now }, deps);
  const after = delayOf(following, seen.retryAfter, deps);
  if (after !== undefined) return again(following, after);
  await store(order, { step: 'finalizing', orderUrl, challenges, since: now }, deps);
  const at = Math.min(seen.retryAfter ?? 0, now + LONGEST_PAUSE);
  const message = `the CA has not signed within ${ORDER_DEADLINE / 60_000} minutes; the order is kept and looked at again later`;
  throw new DomainError('order-timeout', message, { retry: at > now ? { kind: 'after', at } : { kind: 'backoff' } });
}

async function toDownload(order: Followed, seen: Order, deps: OrderDeps): Promise<OrderStep> {
  const { orderUrl, challenges } = order.state;
  const { certificateUrl } = seen;
  if (certificateUrl === undefined) throw new Error(`the order ${orderUrl} is valid without a certificate`);
  return goOn(order, { step: 'downloading', orderUrl, challenges, certificateUrl }, deps);
}

function delayOf(order: Followed, retryAfter: number | undefined, deps: OrderDeps): number | undefined {
  return pollDelay({
    now: deps.clock.now(),
    since: order.state.since,
    deadline: ORDER_DEADLINE,
    shortest: FIRST_LOOK,
    retryAfter,
  });
}
