import { defineResource } from '../api/define-resource.ts';
import type { KubeObject } from '../api/object.ts';
import { objectSchema } from '../api/object-schema.ts';
import type { Resource } from '../api/resource.ts';
import { certificateRequestSpec, certificateRequestStatus } from './certificate-request-fields.ts';
import type { CertificateRequestSpec, CertificateRequestStatus } from './certificate-request-fields.ts';
import { observed } from './field.ts';

export interface CertificateRequest extends KubeObject {
  readonly spec: CertificateRequestSpec;
  readonly status?: CertificateRequestStatus | undefined;
}

export const certificateRequestResource: Resource<CertificateRequest> = defineResource(
  {
    group: 'cert-manager.io',
    version: 'v1',
    plural: 'certificaterequests',
    kind: 'CertificateRequest',
    namespaced: true,
  },
  objectSchema.extend({ spec: certificateRequestSpec, status: observed(certificateRequestStatus) }),
);
