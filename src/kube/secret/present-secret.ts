import { secretBytes } from '../api/secret.ts';
import type { Secret } from '../api/secret.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { IssuerReference } from '../schema/issuer-reference.ts';
import { CERTIFICATE_NAME, ISSUER_GROUP, ISSUER_KIND, ISSUER_NAME } from './certificate-annotations.ts';
import { certificateSecret } from './certificate-secret.ts';
import type { IssuedMaterial, SecretContent } from './certificate-secret.ts';
import { ownedFields } from './owned-fields.ts';
import { CA_CRT, SECRET_MANAGER, TLS_CRT, TLS_KEY } from './secret-names.ts';

/** What is in a Secret now. */
export function presentMaterial(secret: Secret): IssuedMaterial {
  const text = (name: string) => Buffer.from(secretBytes(secret, name) ?? []).toString('utf8');
  const ca = text(CA_CRT);
  return { privateKey: text(TLS_KEY), certificate: text(TLS_CRT), ca: ca === '' ? undefined : ca };
}

/** Who issued it, as the Secret says: only an issuance can tell that anew. */
export function presentOrigin({ metadata }: Secret): {
  issuerRef: IssuerReference | undefined;
  certificateName: string | undefined;
} {
  const { annotations = {} } = metadata;
  const name = annotations[ISSUER_NAME];
  return {
    certificateName: annotations[CERTIFICATE_NAME],
    issuerRef:
      name === undefined ? undefined : { name, kind: annotations[ISSUER_KIND], group: annotations[ISSUER_GROUP] },
  };
}

/**
 * What a Secret with this key pair and from this issuer should have in it besides: everything that is put right without a new certificate.
 * @throws DomainError `invalid-certificate`, `invalid-key`
 */
export function wantedOfPresent(
  certificate: Certificate,
  secret: Secret,
  keyStores: Readonly<Record<string, Uint8Array>>,
  owned: boolean,
): SecretContent {
  const material = presentMaterial(secret);
  return certificateSecret({
    certificate,
    // A ca.crt that somebody else has put there is not taken over.
    material: { ...material, ca: ownsCa(secret) ? material.ca : undefined },
    ...presentOrigin(secret),
    keyStores,
    owned,
  });
}

function ownsCa(secret: Secret): boolean {
  return ownedFields(secret.metadata.managedFields, SECRET_MANAGER).data.has(CA_CRT);
}
