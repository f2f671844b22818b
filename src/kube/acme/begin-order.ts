import { parseDuration } from '../../core/duration.ts';
import type { AcmeOrder, Authorization } from '../../issuance/acme-calls.ts';
import { inParallel } from '../../issuance/in-parallel.ts';
import { orderOnce } from '../../issuance/order-once.ts';
import { again, done } from '../api/controller.ts';
import type { Result } from '../api/controller.ts';
import type { OrderAuthorization } from '../schema/order-fields.ts';
import { followOrder } from './follow-order.ts';
import { makeChallenges } from './make-challenges.ts';
import type { OrderContext } from './order-context.ts';
import { solveNames } from './order-names.ts';
import type { SolvedName } from './order-names.ts';
import { failOrder, sayWaiting, writeOrder } from './order-report.ts';
import { waitFor } from './wait-for.ts';

/** Nothing has been asked of the CA yet, as far as is known. Nothing is before every delegation is right: an order costs a rate limit. */
export async function beginOrder(context: OrderContext): Promise<Result> {
  const { order, open, deps, signal } = context;
  const solved = solveNames(order, open, deps.openAnswers);
  if (solved.kind === 'impossible') {
    await failOrder(order, { state: 'errored', message: solved.message }, deps, signal);
    return done;
  }
  if (solved.kind === 'unsolved') {
    await sayWaiting(order, { reason: 'Solver', message: solved.message }, deps, signal);
    return done;
  }
  if (!(await delegationsAreReady(solved.names, context))) return done;
  const closed = context.gates.closedUntil(open.uri);
  if (closed !== undefined) {
    const message = `the CA wants no new orders from the account before ${new Date(closed).toISOString()}`;
    return waitFor(context, closed - deps.clock.now(), { reason: 'RateLimited', message });
  }
  return await makeOrder(context);
}

async function delegationsAreReady(names: readonly SolvedName[], context: OrderContext): Promise<boolean> {
  const { key, order, deps, signal } = context;
  // Who waits instead of looking cannot look: the servers of the zone are not to be seen from here.
  const looked = names.filter(({ solver }) => solver.waitInsteadOfSelfCheck === undefined);
  const views = looked.map(({ domain, answers }) => deps.delegations.view(key, domain, answers));
  if (views.some(({ kind }) => kind === 'looking')) return false;
  const missing = views.flatMap((view) => (view.kind === 'missing' ? [view.message] : []));
  if (missing.length === 0) {
    deps.delegations.forget(key);
    return true;
  }
  await sayWaiting(order, { reason: 'DelegationMissing', message: [...new Set(missing)].join('\n') }, deps, signal);
  return false;
}

async function makeOrder(context: OrderContext): Promise<Result> {
  const { order, open, deps, fresh, signal } = context;
  const { spec, metadata } = order;
  const now = deps.clock.now();
  const wanted = {
    names: (spec.dnsNames ?? []).map((name) => name.toLowerCase()),
    profile: spec.profile,
    replaces: spec.replaces,
    notAfter: spec.duration === undefined ? undefined : now + parseDuration(spec.duration),
  };
  // From here on it may be there.
  const mayExist = !fresh.delete(metadata.uid ?? '');
  const made = await orderOnce(wanted, open.calls, { mayExist, now, signal });
  const authorizations = await readAuthorizations(made.order, context);
  const status = {
    state: 'pending' as const,
    url: made.order.url,
    finalizeURL: made.order.finalizeUrl,
    authorizations: [...authorizations.status],
    reason: null,
  };
  const written = await writeOrder(order, status, deps, signal);
  if (written === undefined) return done;
  const next = { ...context, order: written };
  return authorizations.read === undefined ? again(0) : await goOn(next, authorizations.read);
}

async function goOn(context: OrderContext, authorizations: readonly Authorization[]): Promise<Result> {
  for (const { url, status } of authorizations) if (status === 'valid') context.progress.valid.add(url);
  const isReady = authorizations.every(({ status }) => status === 'valid');
  return isReady ? followOrder(context) : makeChallenges(context, authorizations);
}

/** One that cannot be read costs no order: it is read again when the order's URL is safe. */
async function readAuthorizations(
  made: AcmeOrder,
  { open, signal }: OrderContext,
): Promise<{ readonly status: readonly OrderAuthorization[]; readonly read: readonly Authorization[] | undefined }> {
  try {
    const read = await inParallel(made.authorizationUrls, (url) => open.calls.getAuthorization(url, signal));
    return { status: read.map(statusOf), read };
  } catch {
    signal.throwIfAborted();
    return { status: made.authorizationUrls.map((url) => ({ url })), read: undefined };
  }
}

export function statusOf({ url, identifier, wildcard, status, challenges }: Authorization): OrderAuthorization {
  return {
    url,
    identifier: identifier.value,
    wildcard,
    initialState: status === 'valid' || status === 'pending' ? status : 'invalid',
    challenges: challenges.map(({ url: challengeUrl, type, token = '' }) => ({ url: challengeUrl, type, token })),
  };
}
