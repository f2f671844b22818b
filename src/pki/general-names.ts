export interface OtherName {
  readonly oid: string;
  readonly utf8Value: string;
}

/** What a certificate or a request stands for, by kind, each in the order of the extension. IP addresses are canonical text. */
export interface SubjectNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly uris: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly otherNames: readonly OtherName[];
}
