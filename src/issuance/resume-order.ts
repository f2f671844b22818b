import { driveFor } from './drive-for.ts';
import type { IssueDeps } from './issue-deps.ts';
import { OrderFailed } from './order-failed.ts';
import { abandoned } from './order-failure.ts';
import { challengesOf, inState, orderUrlOf } from './order-record.ts';
import type { CertificateRequest, ChallengeAnswer, OrderRecord } from './order-record.ts';
import { requestFingerprint } from './request-fingerprint.ts';
import { answersOf } from './steps/clean-up.ts';

export type Resumed =
  | { readonly kind: 'issued'; readonly tidied: boolean }
  | { readonly kind: 'begin'; readonly leftovers: readonly ChallengeAnswer[] };

/** Brings an order that was in flight to its end, whatever that is. */
export async function resumeOrder(request: CertificateRequest, deps: IssueDeps, signal: AbortSignal): Promise<Resumed> {
  const found = await deps.store.loadOrder(request.id);
  if (found === undefined) return { kind: 'begin', leftovers: [] };
  const order = await refresh(found, request, deps);
  const { step } = order.state;
  const wasOver = step === 'cleaning' || step === 'failing';
  const wasCounted = (await deps.store.loadAttempts(request.id))?.countedOrder === order.createdAt;
  deps.emit({ type: 'order.resumed', certificate: request.id, url: orderUrlOf(order) ?? '', step });
  const driven = await driveFor(order, request, deps, signal);
  if (driven.kind === 'done' && driven.outcome.kind === 'delivered' && !wasOver) {
    return { kind: 'issued', tidied: driven.tidied };
  }
  // A failure that was counted before is known to whoever asks for a certificate now.
  if (driven.kind === 'failed' && !wasCounted) throw new OrderFailed(driven);
  return { kind: 'begin', leftovers: await leftoversOf(request, deps) };
}

/** The order as it can be gone on with: given up when it is for another request, and with deadlines that begin now. */
async function refresh(found: OrderRecord, request: CertificateRequest, deps: IssueDeps): Promise<OrderRecord> {
  const { state } = found;
  const isOver = state.step === 'cleaning' || state.step === 'failing';
  if (isOver || requestFingerprint(found.certificate) === requestFingerprint(request)) {
    // What is not part of the fingerprint (the preferred chain) may have changed.
    const order = { ...found, certificate: isOver ? found.certificate : request };
    return 'since' in state ? inState(order, { ...state, since: deps.clock.now() }) : order;
  }
  const outcome = abandoned('another certificate is wanted now');
  const given = inState(found, {
    step: 'cleaning',
    orderUrl: orderUrlOf(found),
    challenges: challengesOf(found),
    outcome,
    retryAt: 0,
  });
  await deps.store.saveOrder(given);
  return given;
}

/** Answers of an order that is over and could not be tidied; the next order's record takes its place and keeps them. */
export async function leftoversOf(request: CertificateRequest, deps: IssueDeps): Promise<readonly ChallengeAnswer[]> {
  const order = await deps.store.loadOrder(request.id);
  return order === undefined ? [] : answersOf(order);
}
