import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { CertificateDeps } from './certificate-deps.ts';
import { deleteSecret } from './ensure-key.ts';
import { deleteRequest } from './ensure-request.ts';
import type { CertificateView } from './gather-certificate.ts';

/** As `spec.revisionHistoryLimit` is when it is not given. */
const DEFAULT_HISTORY = 1;

/** Takes away what an issuance leaves behind: the temporary Secret with its key. */
export async function dropNextKeys(
  deps: CertificateDeps,
  { certificate, nextKeys }: CertificateView,
  signal: AbortSignal,
): Promise<void> {
  deps.workshop.forget(certificate.metadata.uid ?? '');
  for (const secret of nextKeys) await deleteSecret(deps, secret, signal);
}

/** Takes away the oldest requests, so that no more are kept than `spec.revisionHistoryLimit` says. */
export async function dropOldRequests(
  deps: CertificateDeps,
  view: CertificateView,
  signal: AbortSignal,
): Promise<void> {
  for (const request of surplusRequests(view)) await deleteRequest(deps, request, signal);
}

/** Pure: which requests are too many. The current one always stays: it is what the certificate is compared with. */
export function surplusRequests(
  view: Pick<CertificateView, 'certificate' | 'currentRequest' | 'olderRequests'>,
): readonly CertificateRequest[] {
  const limit = Math.max(view.certificate.spec.revisionHistoryLimit ?? DEFAULT_HISTORY, 1);
  return view.olderRequests.slice(limit - (view.currentRequest === undefined ? 0 : 1));
}
