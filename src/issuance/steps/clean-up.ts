import { namesOf } from '../challenge-names.ts';
import { nextAttempt } from '../backoff.ts';
import { challengesOf } from '../order-record.ts';
import type { ChallengeAnswer, OrderRecord } from '../order-record.ts';
import type { OrderDeps, Step } from '../order-step.ts';
import { requestFingerprint } from '../request-fingerprint.ts';

/** Takes the answers out of DNS, now that nobody will ask for them, and forgets the order. */
export const cleanUp: Step<'cleaning'> = async (order, deps, signal) => {
  await removeAnswers(order, deps, signal);
  await deps.store.deleteOrder(order.certificate.id);
  return { kind: 'done', outcome: order.state.outcome };
};

/** The same for an order that failed. The failure is counted first, and once: also when the answers cannot be removed, or after a crash. */
export const recordFailure: Step<'failing'> = async (order, deps, signal) => {
  const { id } = order.certificate;
  const attempts = nextAttempt(await deps.store.loadAttempts(id), {
    failure: order.state.failure,
    fingerprint: requestFingerprint(order.certificate),
    now: deps.clock.now(),
    random: deps.random(),
    order: order.createdAt,
  });
  await deps.store.saveAttempts(id, attempts);
  await removeAnswers(order, deps, signal);
  await deps.store.deleteOrder(id);
  return { kind: 'failed', failure: order.state.failure, notBefore: attempts.notBefore };
};

/** All that this order put into DNS, and what an order before it had to leave there. */
export function answersOf(order: OrderRecord): readonly ChallengeAnswer[] {
  const own = challengesOf(order).map(({ name, value }) => ({ name, value }));
  return [...own, ...(order.leftovers ?? [])];
}

async function removeAnswers(order: OrderRecord, deps: OrderDeps, signal: AbortSignal): Promise<void> {
  const answers = answersOf(order);
  if (answers.length === 0) return;
  await deps.presenter.remove(answers, signal);
  for (const { name } of namesOf(answers)) {
    deps.emit({ type: 'challenge.removed', certificate: order.certificate.id, name });
  }
}
