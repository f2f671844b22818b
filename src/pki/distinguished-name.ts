/** One AttributeTypeAndValue of a name: its OID in dots, its value as text. */
export interface NameAttribute {
  readonly oid: string;
  readonly value: string;
}

/** An RDNSequence as encoded: the first element is the most significant. An element with several attributes is a multi-valued RDN. */
export type DistinguishedName = readonly (readonly NameAttribute[])[];

/** The fields of `spec.subject`; the common name stands apart. */
export interface SubjectFields {
  readonly organizations?: readonly string[] | undefined;
  readonly countries?: readonly string[] | undefined;
  readonly organizationalUnits?: readonly string[] | undefined;
  readonly localities?: readonly string[] | undefined;
  readonly provinces?: readonly string[] | undefined;
  readonly streetAddresses?: readonly string[] | undefined;
  readonly postalCodes?: readonly string[] | undefined;
  readonly serialNumber?: string | undefined;
}

/** The name that cert-manager makes of these fields: order and grouping as Go's pkix.Name. */
export function subjectName(fields: SubjectFields, commonName?: string): DistinguishedName {
  throw new Error(`not yet ${String(fields)} ${String(commonName)}`);
}

/** The fields read back from a name; attributes of other types are left out. */
export function subjectFieldsOf(name: DistinguishedName): Required<SubjectFields> & { readonly commonName: string } {
  throw new Error(`not yet ${String(name)}`);
}
