export interface NameConstraintItem {
  readonly dnsDomains?: readonly string[] | undefined;
  /** CIDR notation. */
  readonly ipRanges?: readonly string[] | undefined;
  readonly emailAddresses?: readonly string[] | undefined;
  readonly uriDomains?: readonly string[] | undefined;
}

export interface NameConstraints {
  readonly critical?: boolean | undefined;
  readonly permitted?: NameConstraintItem | undefined;
  readonly excluded?: NameConstraintItem | undefined;
}
