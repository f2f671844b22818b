import { acceptOnce } from '../../issuance/accept-once.ts';
import type { Authorization } from '../../issuance/acme-calls.ts';
import { describeAuthorizations } from '../../issuance/order-failure.ts';
import { pollDelay } from '../../issuance/poll-delay.ts';
import { assertNever } from '../../core/assert-never.ts';
import { parseDuration } from '../../core/duration.ts';
import { again, done } from '../api/controller.ts';
import type { Result } from '../api/controller.ts';
import { fromTime, toTime } from '../conditions.ts';
import { challengeResource } from '../schema/challenge.ts';
import { ANSWER_AT } from './answers.ts';
import type { ChallengeContext } from './challenge-context.ts';
import { CHALLENGES_COMPONENT, sayTrouble, writeChallenge } from './challenge-report.ts';

/** How long a CA may take to look before that is said. It is waited for all the same. */
const VALIDATION_DEADLINE = 90_000;
const FIRST_LOOK = 100;
const LATE_LOOK = 15_000;
/** What is over sooner than this is not told step by step: each step is a write to the API server. */
const UNTOLD = 400;

/** `waiting`: nothing is under way that others would have to wait for. */
export type Solved = { readonly kind: 'busy' | 'waiting' | 'over'; readonly result: Result };

/** One step of a challenge: its delegation, its answer, the word to the CA, the look at what the CA says. */
export async function solveChallenge(context: ChallengeContext): Promise<Solved> {
  const { challenge, progress, deps } = context;
  const wait = waitOf(challenge.spec.solver.waitInsteadOfSelfCheck);
  if (progress.presentedAt === undefined) {
    const unplaced = await putInPlace(context, wait !== undefined);
    if (unplaced !== undefined) return unplaced;
  }
  const presentedAt = progress.presentedAt ?? deps.clock.now();
  const left = presentedAt + (wait ?? 0) - deps.clock.now();
  if (wait !== undefined && left > 0) {
    const reason = `Waiting ${wait / 1000}s before accepting DNS-01 challenge without self-check`;
    await tellPresented(context, presentedAt, reason);
    return busy(left);
  }
  if (progress.acceptedAt === undefined) {
    watchForQuestions(context);
    await acceptOnce(urlsOf(context), context.open.calls, context.signal);
    progress.acceptedAt = deps.clock.now();
    progress.lookAt = progress.acceptedAt + FIRST_LOOK;
    return busy(FIRST_LOOK);
  }
  return await look(context, presentedAt, progress.acceptedAt);
}

/** undefined: the answer is being served. */
async function putInPlace(context: ChallengeContext, unseen: boolean): Promise<Solved | undefined> {
  const { key, challenge, domain, answer, answers, progress, deps, signal } = context;
  if (!unseen) {
    const view = deps.delegations.view(key, domain, answers);
    if (view.kind === 'looking') return waiting(done);
    if (view.kind === 'missing') {
      const message = `Waiting for DNS-01 challenge propagation: ${view.message}`;
      await sayTrouble(challenge, { event: 'DelegationMissing', message }, deps, signal);
      return waiting(done);
    }
    deps.delegations.forget(key);
  }
  const target = await answers.target(domain, signal);
  if (answers.own && challenge.metadata.annotations?.[ANSWER_AT] !== target) await mark(context, target);
  await answers.present(answer, target, signal);
  progress.presentedAt = fromTime(challenge.status?.presentedAt) ?? deps.clock.now();
  return undefined;
}

/** One that another controller made, or that was made for another zone. */
async function mark({ challenge, deps, signal }: ChallengeContext, target: string): Promise<void> {
  const { namespace, name } = challenge.metadata;
  const patch = { type: 'merge', body: { metadata: { annotations: { [ANSWER_AT]: target } } } } as const;
  deps.challenges.upsert(await deps.client.patch(challengeResource, { namespace, name }, patch, { signal }));
}

function watchForQuestions({ progress, deps, challenge, soon }: ChallengeContext): void {
  const at = challenge.metadata.annotations?.[ANSWER_AT];
  if (deps.watchQuestions === undefined || at === undefined || progress.stopWatching !== undefined) return;
  progress.stopWatching = deps.watchQuestions([at as ChallengeContext['domain']], soon);
}

/** What the CA made of it (RFC 8555 section 7.1.6). */
async function look(context: ChallengeContext, presentedAt: number, since: number): Promise<Solved> {
  const { challenge, answer, answers, open, deps, signal } = context;
  const early = (context.progress.lookAt ?? 0) - deps.clock.now();
  if (early > 0) return busy(early);
  const seen = await open.calls.getAuthorization(challenge.spec.authorizationURL, signal);
  switch (seen.status) {
    case 'pending': {
      const now = deps.clock.now();
      if (now - since > UNTOLD) await tellPresented(context, presentedAt, null);
      const deadline = VALIDATION_DEADLINE;
      const after = pollDelay({ now, since, deadline, shortest: FIRST_LOOK, retryAfter: seen.retryAfter });
      context.progress.lookAt = now + (after ?? LATE_LOOK);
      if (after !== undefined) return busy(after);
      const message = `the CA has not finished looking at ${challenge.spec.dnsName} within ${deadline / 1000} s; it is asked again`;
      await sayTrouble(challenge, { event: 'ValidationSlow', message }, deps, signal);
      // The CA may have lost the word that it should look.
      context.progress.acceptedAt = undefined;
      return waiting(again(LATE_LOOK));
    }
    case 'valid': {
      await answers.remove(answer, signal);
      const reason = 'Successfully authorized domain';
      await writeChallenge(challenge, { state: 'valid', processing: false, presented: false, reason }, deps, signal);
      return { kind: 'over', result: done };
    }
    case 'invalid':
    case 'deactivated':
    case 'expired':
    case 'revoked':
      await answers.remove(answer, signal);
      await fail(context, seen);
      return { kind: 'over', result: done };
    default:
      return assertNever(seen.status);
  }
}

async function fail({ challenge, deps, signal }: ChallengeContext, seen: Authorization): Promise<void> {
  const state = seen.status === 'expired' || seen.status === 'deactivated' ? 'expired' : 'invalid';
  const end = describeAuthorizations([seen]);
  const message = end.kind === 'failed' ? end.failure.message : end.message;
  const change = { state, processing: false, presented: false, reason: message } as const;
  const written = await writeChallenge(challenge, change, deps, signal);
  if (written === undefined) return;
  const text = `Accepting challenge authorization failed: ${message}`;
  deps.events.record(challenge, { type: 'Warning', reason: 'Failed', message: text, component: CHALLENGES_COMPONENT });
}

async function tellPresented(context: ChallengeContext, presentedAt: number, reason: string | null): Promise<void> {
  const { challenge, deps, signal } = context;
  const change = {
    processing: true,
    presented: true,
    presentedAt: toTime(presentedAt),
    state: 'pending',
    reason,
  } as const;
  const written = await writeChallenge(challenge, change, deps, signal);
  if (written === undefined || challenge.status?.presented === true) return;
  const message = 'Presented challenge using DNS-01 challenge mechanism';
  deps.events.record(challenge, { type: 'Normal', reason: 'Presented', message, component: CHALLENGES_COMPONENT });
}

function urlsOf({ challenge: { spec } }: ChallengeContext) {
  return { challengeUrl: spec.url, authorizationUrl: spec.authorizationURL };
}

function waitOf(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}

function busy(after: number): Solved {
  return { kind: 'busy', result: again(after) };
}

function waiting(result: Result): Solved {
  return { kind: 'waiting', result };
}
