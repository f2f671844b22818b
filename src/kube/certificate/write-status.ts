import { isDeepStrictEqual } from 'node:util';
import { certificateResource } from '../schema/certificate.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateStatus } from '../schema/certificate-status.ts';
import type { CertificateDeps } from './certificate-deps.ts';

/**
 * Writes the status when it has changed; the Certificate as it is then.
 * @throws KubeError `kube-conflict` when somebody has written meanwhile: what was found out may no longer be true
 */
export async function writeStatus(
  { client, certificates, ownWrites }: Pick<CertificateDeps, 'client' | 'certificates' | 'ownWrites'>,
  certificate: Certificate,
  status: CertificateStatus,
  signal: AbortSignal,
): Promise<Certificate> {
  if (isDeepStrictEqual(status, certificate.status ?? {})) return certificate;
  const written = await ownWrites.status(certificate, status, () =>
    client.updateStatus(certificateResource, { ...certificate, status }, { signal }),
  );
  ownWrites.quietly(certificate, () => certificates.upsert(written));
  return written;
}
