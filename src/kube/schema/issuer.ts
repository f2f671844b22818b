import { defineResource } from '../api/define-resource.ts';
import type { KubeObject } from '../api/object.ts';
import { objectSchema } from '../api/object-schema.ts';
import type { Resource } from '../api/resource.ts';
import { issuerSpec, issuerStatus } from './issuer-fields.ts';
import type { IssuerSpec, IssuerStatus } from './issuer-fields.ts';
import { observed } from './field.ts';

export interface Issuer extends KubeObject {
  readonly spec: IssuerSpec;
  readonly status?: IssuerStatus | undefined;
}

export const issuerResource: Resource<Issuer> = defineResource(
  { group: 'cert-manager.io', version: 'v1', plural: 'issuers', kind: 'Issuer', namespaced: true },
  objectSchema.extend({ spec: issuerSpec, status: observed(issuerStatus) }),
);

/** An issuer for every namespace; its Secrets are in the namespace that the program was told (cluster resource namespace). */
export interface ClusterIssuer extends KubeObject {
  readonly spec: IssuerSpec;
  readonly status?: IssuerStatus | undefined;
}

export const clusterIssuerResource: Resource<ClusterIssuer> = defineResource(
  { group: 'cert-manager.io', version: 'v1', plural: 'clusterissuers', kind: 'ClusterIssuer', namespaced: false },
  objectSchema.extend({ spec: issuerSpec, status: observed(issuerStatus) }),
);
