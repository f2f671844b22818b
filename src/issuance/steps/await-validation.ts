import { DomainError } from '../../core/error.ts';
import { domainOf, namesOf } from '../challenge-names.ts';
import { inParallel } from '../in-parallel.ts';
import { again, store } from '../order-step.ts';
import type { OrderDeps, OrderIn, OrderStep, Step } from '../order-step.ts';
import { pollDelay } from '../poll-delay.ts';
import { followOrder } from './follow-order.ts';

/** How long a CA may take to look at all answers. */
export const AUTHORIZATION_DEADLINE = 90_000;

/** Without a sign of the CA's looking, it is asked after this at first, in ms. */
export const FIRST_LOOK = 100;

/** Looks at the order, not at its authorizations: one request, whatever the number of names. */
export const awaitValidation: Step<'validating'> = async (order, deps, signal) => {
  const seen = await deps.acme.getOrder(order.state.orderUrl, signal);
  if (seen.status !== 'pending') return followOrder(order, seen, deps, signal);
  const { retryAfter } = seen;
  const now = deps.clock.now();
  const after = pollDelay({
    now,
    since: order.state.since,
    deadline: AUTHORIZATION_DEADLINE,
    shortest: FIRST_LOOK,
    retryAfter,
  });
  if (after === undefined) return giveUpForNow(order, deps, signal);
  return again(order, after, retryAfter === undefined);
};

/** The order stays: the next try looks at it again, with a deadline of its own. */
async function giveUpForNow(order: OrderIn<'validating'>, deps: OrderDeps, signal: AbortSignal): Promise<OrderStep> {
  const { challenges } = order.state;
  const authorizations = await inParallel(challenges, ({ authorizationUrl }) =>
    deps.acme.getAuthorization(authorizationUrl, signal),
  );
  const open = challenges.filter((_, index) => authorizations[index]?.status === 'pending');
  await store(order, { ...order.state, since: deps.clock.now() }, deps);
  const domains = namesOf(open).map(domainOf).join(', ');
  const what = domains === '' ? 'the order' : domains;
  const message = `the CA did not finish looking at ${what} within ${AUTHORIZATION_DEADLINE / 1000} s; the order is kept and looked at again later`;
  throw new DomainError('order-timeout', message, { retry: { kind: 'backoff' } });
}
