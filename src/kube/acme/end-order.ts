import type { OrderEnd } from '../../issuance/order-failure.ts';
import { assertNever } from '../../core/assert-never.ts';
import { again, done } from '../api/controller.ts';
import type { Result } from '../api/controller.ts';
import { challengeResource } from '../schema/challenge.ts';
import { challengeState, isFinal } from './acme-object-states.ts';
import { challengesOfOrder } from './acme-indexes.ts';
import type { OrderContext } from './order-context.ts';
import { failOrder, writeOrder } from './order-report.ts';

/** Orders that may turn out to be gone at the CA, one after the other, before that counts as a failure. */
const MOST_RESTARTS = 3;

/** The order at the CA will not succeed: it fails, or it is begun anew where that costs nobody anything. */
export async function endOrder(
  context: OrderContext,
  end: OrderEnd,
  state: 'invalid' | 'errored' = 'errored',
): Promise<Result> {
  const { order, deps, progress, signal } = context;
  switch (end.kind) {
    case 'failed':
      await failOrder(order, { state, message: end.failure.message }, deps, signal);
      await removeChallenges(context, 'unfinished');
      return done;
    case 'abandoned':
      progress.restarts += 1;
      if (progress.restarts > MOST_RESTARTS) {
        await failOrder(order, { state: 'errored', message: end.message }, deps, signal);
        await removeChallenges(context, 'unfinished');
        return done;
      }
      await removeChallenges(context, 'all');
      progress.valid.clear();
      progress.signingSince = undefined;
      await writeOrder(
        order,
        { state: 'pending', reason: end.message, url: null, finalizeURL: null, authorizations: null },
        deps,
        signal,
      );
      return again(0);
    default:
      return assertNever(end);
  }
}

/** Failed ones stay with a failed order, for whoever looks why; they go when it goes. */
export async function removeChallenges(
  { order, deps, removed, signal }: Pick<OrderContext, 'order' | 'deps' | 'removed' | 'signal'>,
  which: 'all' | 'unfinished',
): Promise<void> {
  const challenges = challengesOfOrder(deps.challenges, order).filter(
    (challenge) =>
      challenge.metadata.deletionTimestamp === undefined &&
      !removed.has(challenge.metadata.uid ?? '') &&
      (which === 'all' || !isFinal(challengeState(challenge))),
  );
  await Promise.all(
    challenges.map(async ({ metadata: { namespace, name, uid = '' } }) => {
      await deps.client.delete(challengeResource, { namespace, name }, { signal, uid });
      // Seen again before the watch tells of it, it is not deleted twice.
      removed.add(uid);
    }),
  );
}
