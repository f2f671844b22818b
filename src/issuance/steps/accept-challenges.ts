import { acceptOnce } from '../accept-once.ts';
import { namesOf } from '../challenge-names.ts';
import { inParallel } from '../in-parallel.ts';
import { again, store } from '../order-step.ts';
import type { Step } from '../order-step.ts';
import { FIRST_LOOK } from './await-validation.ts';

/** Tells the CA to look at every answer. All of them are being served (the promise of Presenter.present). */
export const acceptChallenges: Step<'accepting'> = async (order, deps, signal) => {
  const { orderUrl, challenges } = order.state;
  // Told as they are sent: the CA's questions may be here before its answer is.
  for (const { name } of namesOf(challenges)) {
    deps.emit({ type: 'challenge.accepted', certificate: order.certificate.id, name });
  }
  await inParallel(challenges, (challenge) => acceptOnce(challenge, deps.acme, signal));
  const since = deps.clock.now();
  const next = await store(order, { step: 'validating', orderUrl, challenges, since }, deps);
  return again(next, FIRST_LOOK, true);
};
