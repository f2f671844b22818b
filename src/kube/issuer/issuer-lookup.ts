import type { KubeDeps } from '../deps.ts';
import type { IssuerReference } from '../schema/issuer-reference.ts';
import type { ClusterIssuer, Issuer } from '../schema/issuer.ts';

export type AnyIssuer = Issuer | ClusterIssuer;

export const CERT_MANAGER_GROUP = 'cert-manager.io';

export type IssuerKind = 'Issuer' | 'ClusterIssuer';

/** An issuerRef with its defaults. `foreign`: it belongs to somebody else's controller, and is left alone. */
export function readIssuerReference(
  reference: IssuerReference,
): { readonly kind: IssuerKind; readonly name: string } | 'foreign' {
  const { name, kind = '', group = '' } = reference;
  if (group !== '' && group !== CERT_MANAGER_GROUP) return 'foreign';
  if (kind === 'ClusterIssuer') return { kind, name };
  return kind === '' || kind === 'Issuer' ? { kind: 'Issuer', name } : 'foreign';
}

export function findIssuer(
  deps: Pick<KubeDeps, 'issuers' | 'clusterIssuers'>,
  kind: IssuerKind,
  name: string,
  namespace: string,
): AnyIssuer | undefined {
  return kind === 'ClusterIssuer' ? deps.clusterIssuers.get(name) : deps.issuers.get({ namespace, name });
}

/** Where the Secrets that an issuer names are: its own namespace, or for a ClusterIssuer the one that was chosen for them. */
export function secretNamespace(issuer: AnyIssuer, clusterResourceNamespace: string): string {
  return issuer.kind === 'ClusterIssuer' ? clusterResourceNamespace : (issuer.metadata.namespace ?? '');
}
