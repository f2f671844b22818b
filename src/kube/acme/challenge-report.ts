import { isKubeError } from '../api/kube-error.ts';
import { challengeResource } from '../schema/challenge.ts';
import type { Challenge } from '../schema/challenge.ts';
import type { ChallengeStatus } from '../schema/challenge-fields.ts';
import type { AcmeDeps } from './acme-deps.ts';

export const CHALLENGES_COMPONENT = 'cert-manager-challenges';

/** null takes a field away. */
export type ChallengeChange = { readonly [Field in keyof ChallengeStatus]?: ChallengeStatus[Field] | null };

/** Writes what is not so already. undefined: nothing was to be written, or the challenge is gone. */
export async function writeChallenge(
  challenge: Challenge,
  change: ChallengeChange,
  deps: Pick<AcmeDeps, 'client' | 'challenges'>,
  signal: AbortSignal,
): Promise<Challenge | undefined> {
  const before: ChallengeStatus = challenge.status ?? {};
  const news = Object.entries(change).filter(
    ([field, value]) => (before[field as keyof ChallengeStatus] ?? null) !== value,
  );
  if (news.length === 0) return undefined;
  const { namespace, name } = challenge.metadata;
  const body = { status: Object.fromEntries(news) };
  const options = { signal, subresource: 'status', fieldManager: CHALLENGES_COMPONENT };
  try {
    const patch = { type: 'merge', body } as const;
    const written = await deps.client.patch(challengeResource, { namespace, name }, patch, options);
    deps.challenges.upsert(written);
    return written;
  } catch (error) {
    if (isKubeError(error, 'kube-not-found')) return undefined;
    throw error;
  }
}

/** What keeps a challenge from coming further: in its status, and as an event when it is news. */
export async function sayTrouble(
  challenge: Challenge,
  trouble: { readonly event: string; readonly message: string },
  deps: Pick<AcmeDeps, 'client' | 'challenges' | 'events'>,
  signal: AbortSignal,
): Promise<void> {
  const change = { processing: true, state: 'pending', reason: trouble.message } as const;
  const written = await writeChallenge(challenge, change, deps, signal);
  if (written === undefined || challenge.status?.reason === trouble.message) return;
  const { event: reason, message } = trouble;
  deps.events.record(challenge, { type: 'Warning', reason, message, component: CHALLENGES_COMPONENT });
}
