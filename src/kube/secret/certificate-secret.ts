import type { OwnerReference } from '../api/object.ts';
import { parseCertificate } from '../../pki/parsed-certificate.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { IssuerReference } from '../schema/issuer-reference.ts';
import {
  CERTIFICATE_NAME,
  ISSUER_GROUP,
  ISSUER_KIND,
  ISSUER_NAME,
  certificateAnnotations,
} from './certificate-annotations.ts';
import { outputFormatData } from './output-formats.ts';
import { CA_CRT, OURS_LABEL, TLS_CRT, TLS_KEY } from './secret-names.ts';

/** What has been issued: PEM, as it goes into the Secret. `privateKey` is secret and encoded as the spec asks. */
export interface IssuedMaterial {
  readonly privateKey: string;
  /** The leaf, then intermediates. */
  readonly certificate: string;
  /** Undefined where the issuer names no CA, as with ACME. */
  readonly ca: string | undefined;
}

export interface SecretContent {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Base64. */
  readonly data: Readonly<Record<string, string>>;
  readonly ownerReferences: readonly OwnerReference[];
}

export interface SecretParts {
  readonly certificate: Certificate;
  readonly material: IssuedMaterial;
  /** What the annotations say about the issuer; undefined leaves all of it out. */
  readonly issuerRef: IssuerReference | undefined;
  readonly certificateName: string | undefined;
  /** What key stores add, by the name of the data. */
  readonly keyStores: Readonly<Record<string, Uint8Array>>;
  /** Whether the Secret is to go when the Certificate goes. */
  readonly owned: boolean;
}

/**
 * Everything that we own of the Secret of a Certificate, to be applied as a whole: what is not in it and was ours before, goes.
 * @throws DomainError `invalid-certificate`, `invalid-key`
 */
export function certificateSecret(parts: SecretParts): SecretContent {
  const { certificate, material } = parts;
  const template = certificate.spec.secretTemplate;
  const data: Record<string, string | Uint8Array> = {
    ...parts.keyStores,
    ...outputFormatData(certificate.spec.additionalOutputFormats, material),
    [TLS_KEY]: material.privateKey,
    [TLS_CRT]: material.certificate,
    ...(material.ca !== undefined && { [CA_CRT]: material.ca }),
  };
  return {
    labels: { ...template?.labels, [OURS_LABEL]: 'true' },
    annotations: {
      ...template?.annotations,
      ...certificateAnnotations(parseCertificate(material.certificate)),
      ...originAnnotations(parts),
    },
    data: Object.fromEntries(
      Object.entries(data).map(([name, value]) => [name, Buffer.from(value as Uint8Array).toString('base64')]),
    ),
    ownerReferences: parts.owned ? [controlledBy(certificate)] : [],
  };
}

function originAnnotations({ certificateName, issuerRef }: SecretParts): Record<string, string> {
  return {
    ...(certificateName !== undefined && { [CERTIFICATE_NAME]: certificateName }),
    ...(issuerRef !== undefined && {
      [ISSUER_NAME]: issuerRef.name,
      [ISSUER_KIND]: issuerRef.kind ?? '',
      [ISSUER_GROUP]: issuerRef.group ?? '',
    }),
  };
}

/** The owner reference of what is made for a Certificate. */
export function controlledBy({ apiVersion, kind, metadata }: Certificate): OwnerReference {
  const { name, uid = '' } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
