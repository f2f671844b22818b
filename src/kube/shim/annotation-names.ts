export type Annotations = Readonly<Record<string, string>>;

const GROUP = 'cert-manager.io';
const ACME = 'acme.cert-manager.io';

/** What people write on an Ingress, a Gateway or a ListenerSet. */
export const ISSUER = `${GROUP}/issuer`;
export const CLUSTER_ISSUER = `${GROUP}/cluster-issuer`;
export const ISSUER_KIND = `${GROUP}/issuer-kind`;
export const ISSUER_GROUP = `${GROUP}/issuer-group`;
export const IGNORED_LISTENERS = `${GROUP}/ignore-tls-listeners`;

/** `cert-manager.io/duration` from `duration`. */
export function ours(name: string): string {
  return `${GROUP}/${name}`;
}

/** About HTTP-01: read from an Ingress, and written to Certificates, where cert-manager looks for them. */
export const HTTP01 = {
  editInPlace: `${ACME}/http01-edit-in-place`,
  ingressClass: `${ACME}/http01-ingress-class`,
  ingressClassName: `${ACME}/http01-ingress-ingressclassname`,
  overrideName: `${ACME}/http01-override-ingress-name`,
  overrideClass: `${ACME}/http01-override-ingress-class`,
  overrideClassName: `${ACME}/http01-override-ingress-ingressclassname`,
  parentName: `${ACME}/http01-parentrefname`,
  parentKind: `${ACME}/http01-parentrefkind`,
  parentNamespace: `${ACME}/http01-parentrefnamespace`,
  parentFallback: `${ACME}/http01-parentreffallback`,
} as const;

export const TEMPORARY_CERTIFICATE = `${GROUP}/issue-temporary-certificate`;

/** As Go reads a truth value. */
export function isTrueText(text: string | undefined): boolean {
  return text !== undefined && /^(1|t|T|true|True|TRUE)$/.test(text);
}
