import type { AcmeOrder } from '../../issuance/acme-calls.ts';
import { assertNever } from '../../core/assert-never.ts';
import { DomainError } from '../../core/error.ts';
import { finalizeOnce } from '../../issuance/finalize-once.ts';
import { inParallel } from '../../issuance/in-parallel.ts';
import { pollDelay } from '../../issuance/poll-delay.ts';
import { whyInvalid } from '../../issuance/why-invalid.ts';
import { checkIssuedFor } from '../../pki/chain.ts';
import { parseCsr } from '../../pki/csr.ts';
import { again, done } from '../api/controller.ts';
import type { Result } from '../api/controller.ts';
import type { Challenge } from '../schema/challenge.ts';
import { challengesOfOrder } from './acme-indexes.ts';
import { challengeState, isFailure } from './acme-object-states.ts';
import { csrOf } from './csr-of.ts';
import { endOrder, removeChallenges } from './end-order.ts';
import { GUARD, makeChallenges } from './make-challenges.ts';
import type { OrderContext } from './order-context.ts';
import { passOn, writeOrder } from './order-report.ts';
import { waitFor } from './wait-for.ts';

/** How long a CA may take to sign before that is said. It is waited for all the same. */
const SIGNING_DEADLINE = 300_000;
/** A CA that signs while it answers may be done at once. */
const FIRST_LOOK = 25;
const LATE_LOOK = 30_000;
const LONGEST_LATE_LOOK = 3_600_000;

/** The order exists at the CA: answers what it wants to see, and then has it signed. */
export async function followOrder(context: OrderContext): Promise<Result> {
  const { order, open, deps, progress, signal } = context;
  const challenges = challengesOfOrder(deps.challenges, order).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  const failed = challenges.filter((challenge) => isFailure(challengeState(challenge)));
  if (failed.length > 0) return explain(context, failed);
  const byAuthorization = new Map(challenges.map((challenge) => [challenge.spec.authorizationURL, challenge]));
  const authorizations = order.status?.authorizations ?? [];
  if (authorizations.length === 0) return readOrder(context);
  const isValid = ({ url, initialState }: (typeof authorizations)[number]): boolean => {
    const challenge = byAuthorization.get(url);
    return initialState === 'valid' || progress.valid.has(url) || (challenge && challengeState(challenge)) === 'valid';
  };
  if (authorizations.every(isValid)) return haveSigned(context);
  const unanswered = authorizations.filter(
    (authorization) => !isValid(authorization) && !byAuthorization.has(authorization.url),
  );
  if (unanswered.length > 0) {
    const read = await inParallel(unanswered, ({ url }) => open.calls.getAuthorization(url, signal));
    for (const { url, status } of read) if (status === 'valid') progress.valid.add(url);
    return read.every(({ status }) => status === 'valid') ? again(0) : makeChallenges(context, read);
  }
  return awaitChallenges(context, challenges);
}

/** Only its URL is known: whoever made it did not come further. */
async function readOrder(context: OrderContext): Promise<Result> {
  const { order, deps, signal } = context;
  const seen = await orderAtCa(context);
  if (seen.status !== 'pending' || seen.authorizationUrls.length === 0) return proceed(context, seen);
  const authorizations = seen.authorizationUrls.map((url) => ({ url }));
  const written = await writeOrder(
    order,
    { state: 'pending', finalizeURL: seen.finalizeUrl, authorizations },
    deps,
    signal,
  );
  return written === undefined ? done : again(0);
}

/** They tell when they are done. Now and then the CA is asked all the same, so that no order waits for what never comes. */
async function awaitChallenges(context: OrderContext, challenges: readonly Challenge[]): Promise<Result> {
  const { order, progress, deps, signal } = context;
  const reasons = challenges.flatMap(({ status }) => (status?.state === 'valid' ? [] : (status?.reason ?? [])));
  if (reasons.length > 0) {
    await passOn(order, [...new Set(reasons)].join('\n'), deps, signal);
  }
  const now = deps.clock.now();
  progress.guardAt ??= now + GUARD;
  if (progress.guardAt > now) return again(progress.guardAt - now);
  progress.guardAt = now + GUARD;
  const seen = await orderAtCa(context);
  return seen.status === 'pending' ? again(GUARD) : proceed(context, seen);
}

async function haveSigned(context: OrderContext): Promise<Result> {
  context.progress.signingSince ??= context.deps.clock.now();
  return proceed(context, await orderAtCa(context));
}

function orderAtCa({ order, open, signal }: OrderContext): Promise<AcmeOrder> {
  return open.calls.getOrder(order.status?.url ?? '', signal);
}

/** What to do next, by what was seen of the order at the CA (RFC 8555 section 7.1.6). */
async function proceed(context: OrderContext, seen: AcmeOrder): Promise<Result> {
  const { open, signal } = context;
  switch (seen.status) {
    case 'pending':
    case 'processing':
      return lookLater(context, seen.retryAfter);
    case 'ready': {
      const answer = await finalizeOnce(seen, csrOf(context.order), open.calls, signal);
      // An answer that still says "ready" was written before the CA took the request in.
      const isTaken = answer !== undefined && answer.status !== 'ready' && answer.status !== 'pending';
      return isTaken ? proceed(context, answer) : lookLater(context, answer?.retryAfter);
    }
    case 'valid':
      return takeCertificate(context, seen);
    case 'invalid':
      return endOrder(context, await whyInvalid(seen, open.calls, signal), 'invalid');
    default:
      return assertNever(seen.status);
  }
}

async function lookLater(context: OrderContext, retryAfter: number | undefined): Promise<Result> {
  const { deps, progress } = context;
  const now = deps.clock.now();
  const since = (progress.signingSince ??= now);
  const after = pollDelay({ now, since, deadline: SIGNING_DEADLINE, shortest: FIRST_LOOK, retryAfter });
  if (after !== undefined) return again(after);
  const message = `the CA has not signed within ${SIGNING_DEADLINE / 60_000} minutes; the order is kept and looked at again`;
  const wait = Math.min(Math.max(LATE_LOOK, (retryAfter ?? 0) - now), LONGEST_LATE_LOOK);
  return waitFor(context, wait, { reason: 'SigningSlow', message });
}

/** Fetches the certificate and checks it before anybody can use it. */
async function takeCertificate(context: OrderContext, seen: AcmeOrder): Promise<Result> {
  const { order, open, deps, chains, signal } = context;
  const { certificateUrl } = seen;
  if (certificateUrl === undefined) throw new Error(`the order ${seen.url} is valid without a certificate`);
  const chain = await open.calls.downloadChain(certificateUrl, open.acme.preferredChain || undefined, signal);
  const { publicKey } = await parseCsr(csrOf(order));
  try {
    checkIssuedFor({ chain, publicKey, names: order.spec.dnsNames ?? [], now: deps.clock.now() });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const failure = { code: error.code, message: error.message, notBefore: undefined, permanent: false };
    return endOrder(context, { kind: 'failed', failure });
  }
  chains.put(order.metadata.uid ?? '', chain);
  const certificate = Buffer.from(chain).toString('base64');
  const status = { state: 'valid', certificate, reason: null } as const;
  const written = await writeOrder(order, status, deps, signal);
  if (written !== undefined) await removeChallenges(context, 'all');
  return done;
}

/** A Challenge failed. What the CA saw stands at the CA; where it knows of no failure, the Challenge says what was met. */
async function explain(context: OrderContext, failed: readonly Challenge[]): Promise<Result> {
  const seen = await orderAtCa(context);
  if (seen.status === 'invalid')
    return endOrder(context, await whyInvalid(seen, context.open.calls, context.signal), 'invalid');
  if (seen.status !== 'pending') return proceed(context, seen);
  const reasons = failed.map(({ spec, status }) => status?.reason ?? `the challenge for ${spec.dnsName} failed`);
  const message = [...new Set(reasons)].join('\n');
  const failure = { code: 'challenge-failed', message, notBefore: undefined, permanent: false };
  return endOrder(context, { kind: 'failed', failure });
}
