import { DomainError } from '../../core/error.ts';
import { endOfOrder } from '../../issuance/end-of-order.ts';
import { abandoned } from '../../issuance/order-failure.ts';
import { accountPause } from '../../issuance/rate-limit.ts';
import { done } from '../api/controller.ts';
import type { Result } from '../api/controller.ts';
import { KubeError } from '../api/kube-error.ts';
import { endOrder } from './end-order.ts';
import type { OrderContext } from './order-context.ts';
import { waitFor } from './wait-for.ts';

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 5 * 60_000;
/** A CA that cannot be reached may be back any moment, and what was ordered there waits. */
const LONGEST_PAUSE_UNREACHABLE = 15_000;
/** The same account is not thrown into doubt again for so long. */
const DOUBT_AGAIN_AFTER = 10 * 60_000;

/**
 * What to do about a fault on the way: the order ends only when trying again cannot help. Everything else waits, and says why and how long.
 * @throws what is no fault of the CA's
 */
export async function faceFault(context: OrderContext, error: unknown): Promise<Result> {
  const { order, open, deps, gates, progress, signal } = context;
  if (signal.aborted || !(error instanceof DomainError) || error instanceof KubeError) throw error;
  const now = deps.clock.now();
  const orderExists = order.status?.url !== undefined;
  if (error.code === 'acme-account-does-not-exist' || error.code === 'acme-unauthorized') {
    const isDoubted = progress.doubtedAt !== undefined && now - progress.doubtedAt < DOUBT_AGAIN_AFTER;
    if (!isDoubted) {
      progress.doubtedAt = now;
      if (await deps.accounts.lose(open, error.message, signal)) return done;
    }
    // The account is good, as its issuer has found out meanwhile, but the order is not its own: it was made with another key, or at another CA.
    if (orderExists) return endOrder(context, abandoned(`the order belongs to another account: ${error.message}`));
  }
  const end = endOfOrder(error, orderExists);
  if (end !== undefined) return endOrder(context, end);
  const pause = accountPause(error, now);
  if (pause !== undefined) gates.close(open.uri, pause);
  progress.faults += 1;
  if (error.retry.kind === 'after' && error.retry.at > now) {
    const message = `${error.message}; it is tried again at ${new Date(error.retry.at).toISOString()}`;
    return await waitFor(context, error.retry.at - now, { reason: 'RateLimited', message });
  }
  const longest = error.code === 'acme-unreachable' ? LONGEST_PAUSE_UNREACHABLE : LONGEST_PAUSE;
  const wait = Math.min(FIRST_PAUSE * 2 ** (progress.faults - 1), longest) * (1 + deps.random() / 4);
  return await waitFor(context, wait, { reason: 'OrderDelayed', message: error.message });
}
