import type { KeyObject } from 'node:crypto';
import type { DistinguishedName, SubjectFields } from './distinguished-name.ts';
import type { OtherName, SubjectNames } from './general-names.ts';
import type { CertificateUsage } from './key-usage.ts';
import type { NameConstraints } from './name-constraints.ts';
import type { SignatureAlgorithm } from './signature.ts';

/** Everything a Certificate's spec says about the CSR that is made for it. */
export interface RequestContent {
  readonly privateKey: KeyObject;
  readonly subject?: SubjectFields | undefined;
  /** RFC 4514; not together with `subject` or `commonName`. */
  readonly literalSubject?: string | undefined;
  readonly commonName?: string | undefined;
  readonly dnsNames?: readonly string[] | undefined;
  readonly ipAddresses?: readonly string[] | undefined;
  readonly uris?: readonly string[] | undefined;
  readonly emailAddresses?: readonly string[] | undefined;
  readonly otherNames?: readonly OtherName[] | undefined;
  /** DEFAULT_USAGES when absent or empty. */
  readonly usages?: readonly CertificateUsage[] | undefined;
  /** `spec.encodeUsagesInRequest`: false leaves the usage extensions out. */
  readonly encodeUsages?: boolean | undefined;
  readonly isCA?: boolean | undefined;
  readonly nameConstraints?: NameConstraints | undefined;
  /** When absent: by the key, as cert-manager does. */
  readonly signatureAlgorithm?: SignatureAlgorithm | undefined;
}

/**
 * The PKCS#10 request (RFC 2986) for it, as DER; `requestPem` makes PEM of it. Signing runs on another thread.
 * @throws DomainError `invalid-subject`, `invalid-name`, `invalid-request` when the content cannot be encoded or fits no certificate
 */
export function createCertificateRequest(content: RequestContent): Promise<Uint8Array> {
  throw new Error(`not yet ${String(content)}`);
}

/** "CERTIFICATE REQUEST" with LF line ends and a final newline. */
export function requestPem(der: Uint8Array): string {
  throw new Error(`not yet ${der.length}`);
}

export interface ParsedRequest extends SubjectNames {
  readonly der: Uint8Array;
  readonly subject: DistinguishedName;
  /** The subject's DER, which goes into the certificate unchanged. */
  readonly subjectDer: Uint8Array;
  readonly commonName: string;
  /** What the usage extensions say; undefined where the request has none. */
  readonly usages: readonly CertificateUsage[] | undefined;
  /** What basicConstraints says; undefined where the request has none. */
  readonly isCA: boolean | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  readonly publicKey: KeyObject;
  /** Whether it is signed by the key that it asks a certificate for. */
  readonly verified: boolean;
}

/** @throws DomainError `invalid-csr` */
export function parseCertificateRequest(encoded: string | Uint8Array): ParsedRequest {
  throw new Error(`not yet ${encoded.length}`);
}
