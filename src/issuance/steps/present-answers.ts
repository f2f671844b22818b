import type { Authorization } from '../../acme/authorization.ts';
import type { Challenge } from '../../acme/challenge.ts';
import { challengeName, parseCertificateName, parseDomainName } from '../../core/domain-name.ts';
import { inParallel } from '../in-parallel.ts';
import { namesOf } from '../challenge-names.ts';
import { describeAuthorizations } from '../order-failure.ts';
import type { OrderRecord, PendingChallenge } from '../order-record.ts';
import { goOn, store } from '../order-step.ts';
import type { OrderDeps, OrderIn, Step } from '../order-step.ts';
import { endOrder } from './end-order.ts';

/** Reads what the CA wants to see, and puts all of it into DNS together. */
export const readAuthorizations: Step<'ordered'> = async (order, deps, signal) => {
  const { orderUrl, authorizationUrls } = order.state;
  const authorizations = await inParallel(authorizationUrls, (url) => deps.acme.getAuthorization(url, signal));
  const dead = authorizations.some(({ status }) => status !== 'pending' && status !== 'valid');
  if (dead) return endOrder(order, describeAuthorizations(authorizations), deps);
  const open = authorizations.filter(({ status }) => status === 'pending');
  const unanswerable = open.find((authorization) => dns01Challenge(authorization) === undefined);
  if (unanswerable !== undefined) return endOrder(order, { kind: 'failed', failure: noChallenge(unanswerable) }, deps);
  const challenges = await inParallel(open, (authorization) => answerTo(authorization, deps, signal));
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

async function answerTo(authorization: Authorization, deps: OrderDeps, signal: AbortSignal): Promise<PendingChallenge> {
  const domain = parseDomainName(authorization.identifier.value);
  const challenge = dns01Challenge(authorization);
  if (challenge === undefined) throw new Error(`no dns-01 challenge for ${domain}`);
  return {
    name: challengeName(parseCertificateName(domain)),
    target: await deps.presenter.delegationTarget(domain, signal),
    value: deps.acme.dns01Value(challenge.token),
    authorizationUrl: authorization.url,
    challengeUrl: challenge.url,
  };
}

/** Types we do not know, and challenges without a token, may stand beside it. */
function dns01Challenge({ challenges }: Authorization): (Challenge & { token: string }) | undefined {
  return challenges.find(
    (challenge): challenge is Challenge & { token: string } =>
      challenge.type === 'dns-01' && challenge.token !== undefined,
  );
}

function noChallenge({ identifier, challenges }: Authorization) {
  const offered = challenges.map(({ type }) => type).join(', ') || 'none at all';
  const message = `the CA offers no dns-01 challenge for ${identifier.value} (it offers: ${offered}); use another CA for this name`;
  return { code: 'challenge-not-offered', message, notBefore: undefined, permanent: true };
}

function emitPresented(order: OrderRecord, challenges: readonly PendingChallenge[], deps: OrderDeps): void {
  for (const { name, target } of namesOf(challenges)) {
    deps.emit({ type: 'challenge.presented', certificate: order.certificate.id, name, target });
  }
}
