import { assertNever } from '../core/assert-never.ts';
import { endOfOrder } from './end-of-order.ts';
import { inState } from './order-record.ts';
import type { OrderRecord } from './order-record.ts';
import type { OrderDeps, OrderStep } from './order-step.ts';
import { acceptChallenges } from './steps/accept-challenges.ts';
import { awaitValidation } from './steps/await-validation.ts';
import { cleanUp, recordFailure } from './steps/clean-up.ts';
import { createFirstOrder, createOrderOnce } from './steps/create-order.ts';
import { endOrder } from './steps/end-order.ts';
import { awaitCertificate } from './steps/follow-order.ts';
import { presentAnswers, readAuthorizations } from './steps/present-answers.ts';
import { deliverCertificate, takeCertificate } from './steps/take-certificate.ts';

/**
 * Brings one order one step further: reads its state, has at most one outward effect (requests of one kind for several names count as
 * one), and records it. May be killed at any line and called again with what the store holds then: it goes on with the same order,
 * and finalizes it once.
 *
 * A fault that may pass (network, 5xx, rate limit, an answer that cannot be removed) is thrown, and the order stays as it is; one that
 * ends the order is stored in it.
 * @throws DomainError `order-timeout` when the CA is too slow; AcmeError; what presenter, delivery and store throw
 */
export async function advanceOrder(
  order: OrderRecord,
  deps: OrderDeps,
  { signal }: { signal: AbortSignal },
): Promise<OrderStep> {
  signal.throwIfAborted();
  try {
    return await step(order, deps, signal);
  } catch (error) {
    // Saved by the step itself before its effect failed: the latest state decides, not the one the call began with.
    const latest = (await deps.store.loadOrder(order.certificate.id)) ?? order;
    const exists = latest.state.step !== 'created' && latest.state.step !== 'ordering';
    const end = endOfOrder(error, exists);
    if (end === undefined) throw error;
    return endOrder(latest, end, deps);
  }
}

function step(order: OrderRecord, deps: OrderDeps, signal: AbortSignal): Promise<OrderStep> {
  const { state } = order;
  switch (state.step) {
    case 'created':
      return createFirstOrder(inState(order, state), deps, signal);
    case 'ordering':
      return createOrderOnce(inState(order, state), deps, signal);
    case 'ordered':
      return readAuthorizations(inState(order, state), deps, signal);
    case 'presenting':
      return presentAnswers(inState(order, state), deps, signal);
    case 'accepting':
      return acceptChallenges(inState(order, state), deps, signal);
    case 'validating':
      return awaitValidation(inState(order, state), deps, signal);
    case 'finalizing':
      return awaitCertificate(inState(order, state), deps, signal);
    case 'downloading':
      return takeCertificate(inState(order, state), deps, signal);
    case 'issued':
      return deliverCertificate(inState(order, state), deps, signal);
    case 'cleaning':
      return cleanUp(inState(order, state), deps, signal);
    case 'failing':
      return recordFailure(inState(order, state), deps, signal);
    default:
      return assertNever(state);
  }
}
