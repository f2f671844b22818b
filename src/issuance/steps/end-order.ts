import { assertNever } from '../../core/assert-never.ts';
import type { OrderEnd } from '../order-failure.ts';
import { challengesOf, orderUrlOf } from '../order-record.ts';
import type { OrderRecord } from '../order-record.ts';
import { goOn } from '../order-step.ts';
import type { OrderDeps, OrderStep } from '../order-step.ts';

/** Stores that the order will not succeed; what it put into DNS is still to be taken away. */
export function endOrder(order: OrderRecord, end: OrderEnd, deps: OrderDeps): Promise<OrderStep> {
  const orderUrl = orderUrlOf(order);
  const challenges = challengesOf(order);
  switch (end.kind) {
    case 'failed':
      return goOn(order, { step: 'failing', orderUrl, challenges, failure: end.failure }, deps);
    case 'abandoned':
      return goOn(order, { step: 'cleaning', orderUrl, challenges, outcome: end, retryAt: 0 }, deps);
    default:
      return assertNever(end);
  }
}
