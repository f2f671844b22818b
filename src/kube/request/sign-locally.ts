import { DomainError } from '../../core/error.ts';
import type { Signing } from '../../issuers/signing.ts';
import type { SigningOutcome } from './request-signer.ts';

/**
 * What became of a request that is signed here. A request that can never be signed fails for good; one whose issuer has to be mended waits for
 * that, since a failure would cost its Certificate an hour.
 */
export async function signLocally(sign: () => Promise<Signing>): Promise<SigningOutcome> {
  let signing: Signing;
  try {
    signing = await sign();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { kind: 'failed', eventReason: 'SigningError', message: `Error signing certificate: ${error.message}` };
  }
  if (signing.outcome === 'signed') return { kind: 'issued', certificate: signing.certificate, ca: signing.ca };
  const message = `Error signing certificate: ${signing.message}`;
  if (signing.blame === 'request') return { kind: 'failed', eventReason: 'SigningError', message };
  return { kind: 'pending', message, event: { type: 'Warning', reason: 'SigningError' } };
}
