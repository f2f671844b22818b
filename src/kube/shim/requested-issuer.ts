import { CLUSTER_ISSUER, ISSUER, ISSUER_GROUP, ISSUER_KIND, isTrueText } from './annotation-names.ts';
import type { Annotations } from './annotation-names.ts';
import type { ShimOptions } from './shim-options.ts';

export type RequestedIssuer =
  /** No certificate is asked for. */
  | { readonly kind: 'none' }
  | { readonly kind: 'bad'; readonly message: string }
  | {
      readonly kind: 'issuer';
      readonly issuerRef: { readonly name: string; readonly kind: string; readonly group: string };
    };

/** Who is to sign, by the annotations. `auto`: those that ask for the default issuer, which there are on Ingresses only. */
export function requestedIssuer(
  annotations: Annotations,
  { defaultIssuer }: Pick<ShimOptions, 'defaultIssuer'>,
  auto: readonly string[] = [],
): RequestedIssuer {
  const issuer = annotations[ISSUER];
  const clusterIssuer = annotations[CLUSTER_ISSUER];
  const asking = auto.find((name) => isTrueText(annotations[name]));
  if (issuer === undefined && clusterIssuer === undefined && asking === undefined) return { kind: 'none' };
  const kind = annotations[ISSUER_KIND];
  const group = annotations[ISSUER_GROUP];
  if (clusterIssuer !== undefined) {
    const beside = [ISSUER, ISSUER_KIND, ISSUER_GROUP].find((name) => annotations[name] !== undefined);
    if (beside !== undefined) {
      return bad(`the annotations ${CLUSTER_ISSUER} and ${beside} cannot stand beside each other: take one away`);
    }
  }
  const named = clusterIssuer ?? issuer;
  const name = named ?? defaultIssuer.name;
  if (name === '') {
    return bad(
      named === undefined
        ? `the annotation ${asking} asks for the default issuer, and there is none: name one by ${CLUSTER_ISSUER}, or start evercert with --default-issuer-name`
        : `the annotation ${clusterIssuer === undefined ? ISSUER : CLUSTER_ISSUER} is empty: write the name of an issuer into it`,
    );
  }
  const usual = clusterIssuer !== undefined ? 'ClusterIssuer' : issuer !== undefined ? 'Issuer' : defaultIssuer.kind;
  return { kind: 'issuer', issuerRef: { name, kind: kind ?? usual, group: group ?? defaultIssuer.group } };
}

function bad(message: string): RequestedIssuer {
  return { kind: 'bad', message };
}
