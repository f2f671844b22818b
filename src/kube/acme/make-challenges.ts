import type { Authorization } from '../../issuance/acme-calls.ts';
import { parseCertificateName } from '../../core/domain-name.ts';
import { inParallel } from '../../issuance/in-parallel.ts';
import { openChallenges } from '../../issuance/open-challenges.ts';
import type { OpenChallenge } from '../../issuance/open-challenges.ts';
import { again } from '../api/controller.ts';
import type { Result } from '../api/controller.ts';
import { isKubeError } from '../api/kube-error.ts';
import { challengeResource } from '../schema/challenge.ts';
import { ANSWER_AT } from './answers.ts';
import { endOrder } from './end-order.ts';
import { derivedName } from './object-names.ts';
import type { OrderContext } from './order-context.ts';
import { solveName } from './order-names.ts';
import type { SolvedName } from './order-names.ts';
import { ORDERS_COMPONENT, sayWaiting } from './order-report.ts';

export const CHALLENGE_FINALIZER = 'acme.cert-manager.io/finalizer';

/** When nothing is heard of its Challenges for so long, an order is looked at again, in ms. */
export const GUARD = 60_000;

/** A Challenge object for each pending authorization, all at once. With our own DNS servers an answer is served as soon as its object is there. */
export async function makeChallenges(context: OrderContext, authorizations: readonly Authorization[]): Promise<Result> {
  const { order, open, deps, signal } = context;
  const found = openChallenges(authorizations);
  if (found.kind !== 'open') return endOrder(context, found);
  const solved = found.challenges.map((challenge) => {
    const { identifier, wildcard } = challenge.authorization;
    const name = parseCertificateName(wildcard ? `*.${identifier.value}` : identifier.value);
    return { challenge, name: solveName(name, order, open, deps.openAnswers) };
  });
  const unsolved = solved.flatMap(({ name }) => ('message' in name ? [name.message] : []));
  if (unsolved.length > 0) {
    await sayWaiting(order, { reason: 'Solver', message: unsolved.join('\n') }, deps, signal);
    return again(GUARD);
  }
  await inParallel(solved, async ({ challenge, name }) => {
    if (!('message' in name)) await makeChallenge(context, challenge, name);
  });
  return again(GUARD);
}

async function makeChallenge(context: OrderContext, open: OpenChallenge, solved: SolvedName): Promise<void> {
  const { order, deps, signal } = context;
  const { authorization, challenge } = open;
  const { selector: _, ...solver } = solved.solver;
  const spec = {
    authorizationURL: authorization.url,
    dnsName: authorization.identifier.value,
    issuerRef: order.spec.issuerRef,
    key: context.open.calls.dns01Value(challenge.token),
    solver,
    token: challenge.token,
    type: 'DNS-01' as const,
    url: challenge.url,
    wildcard: authorization.wildcard,
  };
  const { namespace, name, uid = '' } = order.metadata;
  const { own } = solved.answers;
  const draft = {
    metadata: {
      name: derivedName(name, spec),
      namespace,
      ownerReferences: [ownerReference(name, uid)],
      // Our own answers go with their object. What another server was told has to be taken back first.
      ...(own
        ? { annotations: { [ANSWER_AT]: await solved.answers.target(solved.domain, signal) } }
        : { finalizers: [CHALLENGE_FINALIZER] }),
    },
    spec,
  };
  try {
    const made = await deps.client.create(challengeResource, draft, { signal, fieldManager: ORDERS_COMPONENT });
    deps.challenges.upsert(made);
  } catch (error) {
    // Made before a crash, and not heard of yet.
    if (!isKubeError(error, 'kube-exists')) throw error;
  }
}

function ownerReference(name: string, uid: string) {
  return {
    apiVersion: 'acme.cert-manager.io/v1',
    kind: 'Order',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
