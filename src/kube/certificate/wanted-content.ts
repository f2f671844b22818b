import type { KeySpec } from '../../pki/key-spec.ts';
import type { WantedContent } from '../../pki/certificate-request.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';

/** What a Certificate's spec asks of its CSR, without the key. */
export function wantedContent(spec: CertificateSpec): WantedContent {
  return {
    subject: spec.subject,
    literalSubject: spec.literalSubject,
    commonName: spec.commonName,
    dnsNames: spec.dnsNames,
    ipAddresses: spec.ipAddresses,
    uris: spec.uris,
    emailAddresses: spec.emailAddresses,
    otherNames: spec.otherNames?.map(({ oid = '', utf8Value = '' }) => ({ oid, utf8Value })),
    usages: spec.usages,
    encodeUsages: spec.encodeUsagesInRequest,
    isCA: spec.isCA,
    nameConstraints: spec.nameConstraints,
    signatureAlgorithm: spec.signatureAlgorithm,
  };
}

/** Which key pair it asks for: RSA when it does not say. */
export function wantedKey({ privateKey }: CertificateSpec): KeySpec {
  const { algorithm = 'RSA', size } = privateKey ?? {};
  // A size of 0 is how Go writes that there is none.
  return algorithm === 'Ed25519' ? { algorithm } : { algorithm, size: size === 0 ? undefined : size };
}
