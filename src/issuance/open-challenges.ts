import type { Authorization } from '../acme/authorization.ts';
import type { Challenge } from '../acme/challenge.ts';
import { describeAuthorizations } from './order-failure.ts';
import type { OrderEnd } from './order-failure.ts';

export interface OpenChallenge {
  readonly authorization: Authorization;
  readonly challenge: Challenge & { readonly token: string };
}

/** What has to be answered before an order with these authorizations is ready, or why it never will be. */
export function openChallenges(
  authorizations: readonly Authorization[],
): { readonly kind: 'open'; readonly challenges: readonly OpenChallenge[] } | OrderEnd {
  const dead = authorizations.some(({ status }) => status !== 'pending' && status !== 'valid');
  if (dead) return describeAuthorizations(authorizations);
  const challenges: OpenChallenge[] = [];
  for (const authorization of authorizations.filter(({ status }) => status === 'pending')) {
    const challenge = dns01Challenge(authorization);
    if (challenge === undefined) return { kind: 'failed', failure: noChallenge(authorization) };
    challenges.push({ authorization, challenge });
  }
  return { kind: 'open', challenges };
}

/** Types we do not know, and challenges without a token, may stand beside it. */
function dns01Challenge({ challenges }: Authorization): OpenChallenge['challenge'] | undefined {
  return challenges.find(
    (challenge): challenge is OpenChallenge['challenge'] =>
      challenge.type === 'dns-01' && challenge.token !== undefined,
  );
}

function noChallenge({ identifier, challenges }: Authorization) {
  const offered = challenges.map(({ type }) => type).join(', ') || 'none at all';
  const message = `the CA offers no dns-01 challenge for ${identifier.value} (it offers: ${offered}); use another CA for this name`;
  return { code: 'challenge-not-offered', message, notBefore: undefined, permanent: true };
}
