const DEFAULT_KIND = 'Issuer';
const DEFAULT_GROUP = 'cert-manager.io';

/** A reference to an issuer, where kind and group may be left out. */
export interface IssuerIdentity {
  readonly name: string;
  readonly kind?: string | undefined;
  readonly group?: string | undefined;
}

export function sameKind(one: string | undefined, other: string | undefined): boolean {
  return (one || DEFAULT_KIND) === (other || DEFAULT_KIND);
}

export function sameGroup(one: string | undefined, other: string | undefined): boolean {
  return (one || DEFAULT_GROUP) === (other || DEFAULT_GROUP);
}

export function sameIssuer(one: IssuerIdentity, other: IssuerIdentity): boolean {
  return one.name === other.name && sameKind(one.kind, other.kind) && sameGroup(one.group, other.group);
}

/** `Issuer.cert-manager.io/name` */
export function formatIssuer({ name, kind, group }: IssuerIdentity): string {
  return `${kind || DEFAULT_KIND}.${group || DEFAULT_GROUP}/${name}`;
}
