import type { Informer } from '../api/informer.ts';
import type { KubeObject } from '../api/object.ts';
import { readIssuerReference } from '../issuer/issuer-lookup.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import type { Challenge } from '../schema/challenge.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { IssuerReference } from '../schema/issuer-reference.ts';
import type { Order } from '../schema/order.ts';

export const orderIndexes = { owner: ownerUid, issuer: issuerKeys };
export const challengeIndexes = { owner: ownerUid, issuer: issuerKeys, account: accountSecrets };

/** Names of Secrets; the namespace follows from the issuer. */
function accountSecrets({ spec }: Challenge): readonly string[] {
  const name = spec.solver.dns01?.acmeDNS?.accountSecretRef?.name;
  return name === undefined ? [] : [name];
}

function ownerUid({ metadata }: KubeObject): readonly string[] {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner === undefined ? [] : [owner.uid];
}

function issuerKeys({ metadata, spec }: KubeObject & { readonly spec: { readonly issuerRef: IssuerReference } }) {
  const reference = readIssuerReference(spec.issuerRef);
  if (reference === 'foreign') return [];
  return [issuerKey(reference.kind, reference.name, metadata.namespace)];
}

function issuerKey(kind: string, name: string, namespace: string | undefined): string {
  return kind === 'ClusterIssuer' ? `${kind}/${name}` : `${kind}/${namespace ?? ''}/${name}`;
}

export function ordersOfRequest(orders: Informer<Order>, { metadata }: CertificateRequest): readonly Order[] {
  return orders.byIndex('owner', metadata.uid ?? '');
}

export function challengesOfOrder(challenges: Informer<Challenge>, { metadata }: Order): readonly Challenge[] {
  return challenges.byIndex('owner', metadata.uid ?? '');
}

/** Of any kind that has the index `issuer`. */
export function ofIssuer<T extends KubeObject>(objects: Informer<T>, { kind, metadata }: AnyIssuer): readonly T[] {
  return objects.byIndex('issuer', issuerKey(kind, metadata.name, metadata.namespace));
}
