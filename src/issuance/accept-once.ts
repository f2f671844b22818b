import { AcmeError } from '../acme/problem.ts';
import type { AcmeCalls } from './acme-calls.ts';

/**
 * Tells the CA to look. A challenge that was accepted before a crash may be refused now, because the CA is looking or has looked already.
 * Whatever the reason for a refusal: when the authorization no longer waits for us, its state tells how it went on.
 * @throws AcmeError when it was refused and still waits
 */
export async function acceptOnce(
  challenge: { readonly challengeUrl: string; readonly authorizationUrl: string },
  acme: AcmeCalls,
  signal: AbortSignal,
): Promise<void> {
  try {
    await acme.acceptChallenge(challenge.challengeUrl, signal);
  } catch (error) {
    if (!(error instanceof AcmeError) || error.retry.kind !== 'never') throw error;
    const authorization = await acme.getAuthorization(challenge.authorizationUrl, signal);
    const now = authorization.challenges.find(({ url }) => url === challenge.challengeUrl);
    const waitsForUs = authorization.status === 'pending' && now?.status === 'pending';
    if (waitsForUs) throw error;
  }
}
