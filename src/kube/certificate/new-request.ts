import type { KeyObject } from 'node:crypto';
import { createCertificateRequest, requestPem } from '../../pki/certificate-request.ts';
import type { Draft } from '../api/client.ts';
import { PRIVATE_KEY_SECRET } from '../indexes.ts';
import { requestName } from '../request/request-name.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import { CERTIFICATE_NAME } from '../secret/certificate-annotations.ts';
import { controlledBy } from '../secret/certificate-secret.ts';
import { copiedAnnotations } from './copied-annotations.ts';
import { REVISION_ANNOTATION } from './revision.ts';
import { wantedContent } from './wanted-content.ts';

/**
 * The CertificateRequest for the next revision of a Certificate, with a CSR by `key`.
 * @throws DomainError when what the spec asks for cannot be put into a CSR
 */
export async function newRequest(
  certificate: Certificate,
  next: { readonly key: KeyObject; readonly keyName: string; readonly revision: number },
  copiedPrefixes: readonly string[],
): Promise<Draft<CertificateRequest>> {
  const { metadata, spec } = certificate;
  const csr = requestPem(await createCertificateRequest({ ...wantedContent(spec), privateKey: next.key }));
  return {
    metadata: {
      name: requestName(metadata.name, next.revision),
      namespace: metadata.namespace,
      ...(metadata.labels !== undefined && { labels: metadata.labels }),
      annotations: {
        ...copiedAnnotations(metadata.annotations, copiedPrefixes),
        [CERTIFICATE_NAME]: metadata.name,
        [REVISION_ANNOTATION]: String(next.revision),
        [PRIVATE_KEY_SECRET]: next.keyName,
      },
      ownerReferences: [controlledBy(certificate)],
    },
    spec: {
      request: Buffer.from(csr).toString('base64'),
      issuerRef: spec.issuerRef,
      ...(spec.duration !== undefined && { duration: spec.duration }),
      ...(spec.isCA !== undefined && { isCA: spec.isCA }),
      ...(spec.usages !== undefined && { usages: spec.usages }),
    },
  };
}
