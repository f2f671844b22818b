import { isDeepStrictEqual } from 'node:util';
import { keyOf } from '../api/object.ts';
import { certificateResource } from '../schema/certificate.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateStatus } from '../schema/certificate-status.ts';
import type { CertificateDeps } from './certificate-deps.ts';

/**
 * Writes the status when it has changed; the Certificate as it is then.
 * @throws KubeError `kube-conflict` when somebody has written meanwhile: what was found out may no longer be true
 */
export async function writeStatus(
  { client, certificates, quietly, writing }: Pick<CertificateDeps, 'client' | 'certificates' | 'quietly' | 'writing'>,
  certificate: Certificate,
  status: CertificateStatus,
  signal: AbortSignal,
): Promise<Certificate> {
  if (isDeepStrictEqual(status, certificate.status ?? {})) return certificate;
  const key = keyOf(certificate);
  writing.set(key, status);
  try {
    const written = await client.updateStatus(certificateResource, { ...certificate, status }, { signal });
    quietly(certificate, () => certificates.upsert(written));
    return written;
  } finally {
    writing.delete(key);
  }
}
