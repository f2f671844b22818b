import { conditionOf, fromTime } from '../conditions.ts';
import { retryTime } from './issuance-backoff.ts';
import type { BackoffBounds } from './issuance-backoff.ts';
import type { CertificateView } from './gather-certificate.ts';
import { csrOf, requestFits } from './request-fits.ts';

/** Whether an issuance that is due may begin now. */
export type Gate =
  | { readonly kind: 'open' }
  /** The Secret is another Certificate's. */
  | { readonly kind: 'rival'; readonly name: string }
  /** The last one failed; not before this time, ms since the epoch. */
  | { readonly kind: 'backing-off'; readonly until: number };

export function triggerGate(view: CertificateView, bounds: BackoffBounds, now: number): Gate {
  if (view.rival !== undefined) return { kind: 'rival', name: view.rival.metadata.name };
  const { status = {} } = view.certificate;
  const failure = { lastFailureTime: fromTime(status.lastFailureTime), failedAttempts: status.failedIssuanceAttempts };
  const until = retryTime(failure, bounds);
  if (until === undefined || until <= now || hasChanged(view)) return { kind: 'open' };
  return { kind: 'backing-off', until };
}

/**
 * Whether something else is asked for than what failed. Seen by the request that failed, which is kept for that; where none could be made, by the
 * generation that the failure was about.
 */
function hasChanged({ certificate, nextRequests }: CertificateView): boolean {
  const [failed] = nextRequests;
  if (failed === undefined) {
    const observed = conditionOf(certificate.status?.conditions, 'Issuing')?.observedGeneration;
    return observed !== undefined && observed !== (certificate.metadata.generation ?? 0);
  }
  const csr = csrOf(failed);
  return csr === undefined || !requestFits(certificate.spec, failed, csr);
}
