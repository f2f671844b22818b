import { challengeName, parseCertificateName, parseDomainName } from '../../core/domain-name.ts';
import { inParallel } from '../in-parallel.ts';
import { namesOf } from '../challenge-names.ts';
import { openChallenges } from '../open-challenges.ts';
import type { OpenChallenge } from '../open-challenges.ts';
import type { OrderRecord, PendingChallenge } from '../order-record.ts';
import { goOn, store } from '../order-step.ts';
import type { OrderDeps, OrderIn, Step } from '../order-step.ts';
import { endOrder } from './end-order.ts';

/** Reads what the CA wants to see, and puts all of it into DNS together. */
export const readAuthorizations: Step<'ordered'> = async (order, deps, signal) => {
  const { orderUrl, authorizationUrls } = order.state;
  const authorizations = await inParallel(authorizationUrls, (url) => deps.acme.getAuthorization(url, signal));
  const open = openChallenges(authorizations);
  if (open.kind !== 'open') return endOrder(order, open, deps);
  const challenges = await inParallel(open.challenges, (challenge) => answerTo(challenge, deps, signal));
  if (challenges.length === 0) {
    return goOn(order, { step: 'validating', orderUrl, challenges, since: deps.clock.now() }, deps);
  }
  return presentAnswers(await store(order, { step: 'presenting', orderUrl, challenges }, deps), deps, signal);
};

/** Presenting twice is as once: after a crash all answers are put in place again. */
export const presentAnswers: Step<'presenting'> = async (order: OrderIn<'presenting'>, deps, signal) => {
  const { orderUrl, challenges } = order.state;
  await deps.presenter.present(
    challenges.map(({ name, value }) => ({ name, value })),
    signal,
  );
  const next = await goOn(order, { step: 'accepting', orderUrl, challenges }, deps);
  emitPresented(order, challenges, deps);
  return next;
};

async function answerTo(
  { authorization, challenge }: OpenChallenge,
  deps: OrderDeps,
  signal: AbortSignal,
): Promise<PendingChallenge> {
  const domain = parseDomainName(authorization.identifier.value);
  return {
    name: challengeName(parseCertificateName(domain)),
    target: await deps.presenter.delegationTarget(domain, signal),
    value: deps.acme.dns01Value(challenge.token),
    authorizationUrl: authorization.url,
    challengeUrl: challenge.url,
  };
}

function emitPresented(order: OrderRecord, challenges: readonly PendingChallenge[], deps: OrderDeps): void {
  for (const { name, target } of namesOf(challenges)) {
    deps.emit({ type: 'challenge.presented', certificate: order.certificate.id, name, target });
  }
}
