import { challengeName, parseCertificateName } from '../../core/domain-name.ts';
import { DomainError } from '../../core/error.ts';
import { endOfOrder } from '../../issuance/end-of-order.ts';
import { again, createController, done } from '../api/controller.ts';
import type { Controller, Result } from '../api/controller.ts';
import { isKubeError, KubeError } from '../api/kube-error.ts';
import { formatKey, parseKey } from '../api/object.ts';
import { readIssuerReference } from '../issuer/issuer-lookup.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import { challengeResource } from '../schema/challenge.ts';
import type { Challenge } from '../schema/challenge.ts';
import type { AcmeDeps } from './acme-deps.ts';
import { ofIssuer } from './acme-indexes.ts';
import { challengeState, isFinal } from './acme-object-states.ts';
import type { Answers } from './answers.ts';
import { newChallengeProgress } from './challenge-context.ts';
import type { ChallengeContext, ChallengeProgress } from './challenge-context.ts';
import { sayTrouble, writeChallenge } from './challenge-report.ts';
import { createChallengeSlots } from './challenge-slots.ts';
import { CHALLENGE_FINALIZER } from './make-challenges.ts';
import { createProgressBook } from './order-progress.ts';
import { solveChallenge } from './solve-challenge.ts';

const NAME = 'challenges';
const WORKERS = 128;
/** cert-manager's, and the one that it had before. */
const FINALIZERS = new Set([CHALLENGE_FINALIZER, 'finalizer.acme.cert-manager.io']);
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;
/** The CA asked: it needs a moment to make up its mind. */
const AFTER_QUESTION = 20;

/** Answers challenges, has the CA look, and cleans up after them. */
export function createChallengeController(deps: AcmeDeps): Controller {
  const { challenges, issuers, clusterIssuers, clock } = deps;
  const book = createProgressBook(newChallengeProgress);
  const slots = createChallengeSlots(deps.mostChallenges, (key) => controller.add(key));
  const controller = createController({
    name: NAME,
    workers: WORKERS,
    clock,
    reconcile,
    onError: (error, key) => deps.report(error, NAME, key),
    observe: deps.observe,
    backoff: { first: 1000, longest: 5 * 60_000 },
  });

  async function reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const challenge = challenges.get(key);
    if (challenge === undefined) {
      slots.release(key);
      deps.delegations.forget(key);
      return done;
    }
    if (readIssuerReference(challenge.spec.issuerRef) === 'foreign') return done;
    if (challenge.metadata.deletionTimestamp !== undefined) return letGo(key, challenge, signal);
    const progress = book.of(challenge.metadata.uid ?? key);
    if (isFinal(challengeState(challenge))) {
      endWork(key, progress);
      return done;
    }
    const left = (progress.notBefore ?? 0) - clock.now();
    return left > 0 ? again(left) : await work(key, challenge, progress, signal);
  }

  async function work(
    key: string,
    challenge: Challenge,
    progress: ChallengeProgress,
    signal: AbortSignal,
  ): Promise<Result> {
    const { spec, metadata } = challenge;
    const view = await deps.accounts.open(spec.issuerRef, metadata.namespace ?? '', signal);
    if (view.kind === 'unready') {
      await sayTrouble(challenge, { event: 'IssuerNotReady', message: view.message }, deps, signal);
      slots.release(key);
      return done;
    }
    const { open } = view;
    const answers = deps.openAnswers(spec.solver, open.scope);
    if (spec.type !== 'DNS-01' || 'message' in answers) {
      const what = 'message' in answers ? answers.message : 'evercert does not do HTTP-01';
      const message = `${spec.dnsName} cannot be validated: ${what}`;
      await sayTrouble(challenge, { event: 'Solver', message }, deps, signal);
      return done;
    }
    if (!slots.take(key)) return done;
    const name = parseCertificateName(spec.dnsName);
    const domain = spec.dnsName.toLowerCase() as ChallengeContext['domain'];
    const answer = { name: challengeName(name), value: spec.key };
    const soon = () => {
      progress.lookAt = clock.now() + AFTER_QUESTION;
      controller.addAfter(key, AFTER_QUESTION);
    };
    const context = { key, challenge, domain, answer, answers, open, progress, deps, signal, soon };
    try {
      const solved = await solveChallenge(context);
      progress.faults = 0;
      if (solved.kind === 'over') endWork(key, progress);
      if (solved.kind === 'waiting') slots.release(key);
      return solved.result;
    } catch (error) {
      slots.release(key);
      return await faceFault(context, error);
    }
  }

  async function faceFault(context: ChallengeContext, error: unknown): Promise<Result> {
    const { challenge, domain, answers, open, progress, signal } = context;
    if (signal.aborted || !(error instanceof DomainError) || error instanceof KubeError) throw error;
    if (error.code === 'acme-account-does-not-exist') {
      if (await deps.accounts.lose(open, error.message, signal)) return done;
    }
    const end = endOfOrder(error, true);
    if (end !== undefined) {
      const message = end.kind === 'failed' ? end.failure.message : end.message;
      const state = end.kind === 'failed' ? 'errored' : 'expired';
      await writeChallenge(challenge, { state, processing: false, presented: false, reason: message }, deps, signal);
      return done;
    }
    deps.delegations.doubt(domain, answers);
    progress.faults += 1;
    const event = progress.presentedAt === undefined ? 'PresentError' : 'ChallengeDelayed';
    const message = progress.presentedAt === undefined ? `Error presenting challenge: ${error.message}` : error.message;
    const step = Math.min(FIRST_PAUSE * 2 ** (progress.faults - 1), LONGEST_PAUSE) * (1 + deps.random() / 4);
    const pause = error.retry.kind === 'after' ? Math.max(0, error.retry.at - clock.now()) : step;
    progress.notBefore = clock.now() + pause;
    await sayTrouble(challenge, { event, message }, deps, signal);
    return again(pause);
  }

  /** It is to go: takes the answer back, and lets the object go. */
  async function letGo(key: string, challenge: Challenge, signal: AbortSignal): Promise<Result> {
    const progress = book.of(challenge.metadata.uid ?? key);
    endWork(key, progress);
    const { finalizers = [], namespace, name } = challenge.metadata;
    const left = finalizers.filter((finalizer) => !FINALIZERS.has(finalizer));
    if (left.length === finalizers.length) return done;
    const answers = answersOf(challenge);
    if (answers !== undefined) {
      const answer = { name: challengeName(parseCertificateName(challenge.spec.dnsName)), value: challenge.spec.key };
      await answers.remove(answer, signal);
    }
    const body = { metadata: { finalizers: left.length === 0 ? null : left } };
    try {
      await deps.client.patch(challengeResource, { namespace, name }, { type: 'merge', body }, { signal });
    } catch (error) {
      if (!isKubeError(error, 'kube-not-found')) throw error;
    }
    return done;
  }

  /** Also without an account: what is to go must not wait for an issuer that is gone. */
  function answersOf({ spec, metadata }: Challenge): Answers | undefined {
    const reference = readIssuerReference(spec.issuerRef);
    if (reference === 'foreign' || spec.type !== 'DNS-01') return undefined;
    const kind = reference.kind;
    const namespace = kind === 'ClusterIssuer' ? deps.options.clusterResourceNamespace : (metadata.namespace ?? '');
    const answers = deps.openAnswers(spec.solver, { kind, namespace });
    return 'message' in answers ? undefined : answers;
  }

  function endWork(key: string, progress: ChallengeProgress): void {
    progress.stopWatching?.();
    progress.stopWatching = undefined;
    slots.release(key);
    deps.delegations.forget(key);
  }

  challenges.onChange((key, before, after) => {
    if (after === undefined && before !== undefined) {
      const uid = before.metadata.uid ?? key;
      endWork(key, book.of(uid));
      book.drop(uid);
      return;
    }
    if (after !== undefined) controller.add(key, challenges.isSynced() ? 'urgent' : 'normal');
  });
  const onIssuer = (_: string, before: AnyIssuer | undefined, after: AnyIssuer | undefined) => {
    const issuer = after ?? before;
    if (issuer?.spec.acme === undefined) return;
    for (const challenge of ofIssuer(challenges, issuer)) {
      if (!isFinal(challengeState(challenge))) controller.add(formatKey(challenge.metadata), 'urgent');
    }
  };
  deps.secrets.onChange((key) => {
    for (const challenge of challenges.byIndex('account', parseKey(key).name)) {
      const { uid = '' } = challenge.metadata;
      if (isFinal(challengeState(challenge))) continue;
      book.of(uid).notBefore = undefined;
      controller.add(formatKey(challenge.metadata), 'urgent');
    }
  });
  issuers.onChange(onIssuer);
  clusterIssuers.onChange(onIssuer);
  return controller;
}
