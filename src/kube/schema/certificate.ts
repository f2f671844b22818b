import { defineResource } from '../api/define-resource.ts';
import type { KubeObject } from '../api/object.ts';
import { objectSchema } from '../api/object-schema.ts';
import type { Resource } from '../api/resource.ts';
import { certificateSpec } from './certificate-spec.ts';
import type { CertificateSpec } from './certificate-spec.ts';
import { certificateStatus } from './certificate-status.ts';
import type { CertificateStatus } from './certificate-status.ts';
import { observed } from './field.ts';

export interface Certificate extends KubeObject {
  readonly spec: CertificateSpec;
  readonly status?: CertificateStatus | undefined;
}

export const certificateResource: Resource<Certificate> = defineResource(
  { group: 'cert-manager.io', version: 'v1', plural: 'certificates', kind: 'Certificate', namespaced: true },
  objectSchema.extend({ spec: certificateSpec, status: observed(certificateStatus) }),
);
