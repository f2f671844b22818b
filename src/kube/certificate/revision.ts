import type { CertificateRequest } from '../schema/certificate-request.ts';

export const REVISION_ANNOTATION = 'cert-manager.io/certificate-revision';

/** Which revision of its Certificate a request is for; undefined when it does not say. */
export function revisionOf({ metadata }: CertificateRequest): number | undefined {
  const text = metadata.annotations?.[REVISION_ANNOTATION];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
