import { isKubeError } from '../api/kube-error.ts';
import type { CertificateDeps } from './certificate-deps.ts';
import { issuingSince, withWaiting } from './certificate-status.ts';
import { writeStatus } from './write-status.ts';

/**
 * Runs one look at a Certificate. What the API server refuses for good (a Secret that is immutable, a quota, a policy, a right that is missing) only a
 * person can mend, so it stands in the condition Issuing as well. It is thrown all the same: it is tried again, with pauses.
 */
export async function sayRefusal<T>(
  deps: Pick<CertificateDeps, 'client' | 'certificates' | 'ownWrites'>,
  key: string,
  signal: AbortSignal,
  look: () => Promise<T>,
): Promise<T> {
  try {
    return await look();
  } catch (error) {
    const certificate = deps.certificates.get(key);
    if (
      isKubeError(error, 'kube-invalid', 'kube-forbidden') &&
      certificate &&
      issuingSince(certificate) !== undefined
    ) {
      const status = withWaiting(certificate.status ?? {}, error.message);
      // Whatever hinders that as well is the smaller trouble.
      await writeStatus(deps, certificate, status, signal).catch(() => {});
    }
    throw error;
  }
}
