import { AcmeError } from '../../acme/problem.ts';
import { namesOf } from '../challenge-names.ts';
import { inParallel } from '../in-parallel.ts';
import type { PendingChallenge } from '../order-record.ts';
import { again, store } from '../order-step.ts';
import type { OrderDeps, Step } from '../order-step.ts';
import { FIRST_LOOK } from './await-validation.ts';

/** Tells the CA to look at every answer. All of them are being served (the promise of Presenter.present). */
export const acceptChallenges: Step<'accepting'> = async (order, deps, signal) => {
  const { orderUrl, challenges } = order.state;
  // Told as they are sent: the CA's questions may be here before its answer is.
  for (const { name } of namesOf(challenges)) {
    deps.emit({ type: 'challenge.accepted', certificate: order.certificate.id, name });
  }
  await inParallel(challenges, (challenge) => accept(challenge, deps, signal));
  const since = deps.clock.now();
  const next = await store(order, { step: 'validating', orderUrl, challenges, since }, deps);
  return again(next, FIRST_LOOK, true);
};

/**
 * A challenge that was accepted before a crash may be refused now, because the CA is looking or has looked already. Whatever the reason
 * for a refusal: when the authorization no longer waits for us, the order tells how it went on.
 */
async function accept(challenge: PendingChallenge, deps: OrderDeps, signal: AbortSignal): Promise<void> {
  try {
    await deps.acme.acceptChallenge(challenge.challengeUrl, signal);
  } catch (error) {
    if (!(error instanceof AcmeError) || error.retry.kind !== 'never') throw error;
    const authorization = await deps.acme.getAuthorization(challenge.authorizationUrl, signal);
    const now = authorization.challenges.find(({ url }) => url === challenge.challengeUrl);
    const waitsForUs = authorization.status === 'pending' && now?.status === 'pending';
    if (waitsForUs) throw error;
  }
}
