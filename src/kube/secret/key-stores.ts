import { createJksKeyStore, createJksTrustStore } from '../../pki/jks.ts';
import { createPkcs12KeyStore, createPkcs12TrustStore } from '../../pki/pkcs12.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import type { SecretKey } from '../schema/secret-reference.ts';
import type { IssuedMaterial } from './certificate-secret.ts';
import { KEYSTORE_JKS, KEYSTORE_P12, TRUSTSTORE_JKS, TRUSTSTORE_P12 } from './secret-names.ts';

export type KeyStoreSpec = CertificateSpec['keystores'];

export type KeyStores =
  | { readonly kind: 'made'; readonly data: Readonly<Record<string, Uint8Array>> }
  /** The Secret with the password is missing or has no such key. A sentence about it. */
  | { readonly kind: 'no-password'; readonly message: string };

export interface KeyStoreDeps {
  /** The password that a reference leads to, if there is one. */
  readonly readPassword: (reference: SecretKey) => Promise<string | undefined>;
  readonly now: number;
}

/** Which data of the Secret `spec.keystores` asks for. Trust stores need to know the CA. */
export function keyStoreNames(spec: KeyStoreSpec, hasCa: boolean): string[] {
  return [
    ...(spec?.pkcs12?.create === true ? [KEYSTORE_P12, ...(hasCa ? [TRUSTSTORE_P12] : [])] : []),
    ...(spec?.jks?.create === true ? [KEYSTORE_JKS, ...(hasCa ? [TRUSTSTORE_JKS] : [])] : []),
  ];
}

/** The key stores that `spec.keystores` asks for. @throws DomainError `invalid-key`, `invalid-certificate` */
export async function makeKeyStores(
  spec: KeyStoreSpec,
  material: IssuedMaterial,
  deps: KeyStoreDeps,
): Promise<KeyStores> {
  const data: Record<string, Uint8Array> = {};
  const { privateKey, certificate: chain, ca } = material;
  if (spec?.pkcs12?.create === true) {
    const { profile = 'LegacyRC2' } = spec.pkcs12;
    const password = await passwordOf(spec.pkcs12, deps);
    if (password === undefined) return noPassword('PKCS12', spec.pkcs12);
    data[KEYSTORE_P12] = await createPkcs12KeyStore({ privateKey, chain, ca, password, profile });
    if (ca !== undefined) data[TRUSTSTORE_P12] = await createPkcs12TrustStore({ ca, password, profile });
  }
  if (spec?.jks?.create === true) {
    const { alias = 'certificate' } = spec.jks;
    const password = await passwordOf(spec.jks, deps);
    if (password === undefined) return noPassword('JKS', spec.jks);
    data[KEYSTORE_JKS] = createJksKeyStore({ privateKey, chain, ca, password, alias, now: deps.now });
    if (ca !== undefined) data[TRUSTSTORE_JKS] = createJksTrustStore({ ca, password, now: deps.now });
  }
  return { kind: 'made', data };
}

interface WithPassword {
  readonly password?: string | undefined;
  readonly passwordSecretRef?: SecretKey | undefined;
}

async function passwordOf(
  { password, passwordSecretRef }: WithPassword,
  deps: KeyStoreDeps,
): Promise<string | undefined> {
  if (passwordSecretRef !== undefined) return deps.readPassword(passwordSecretRef);
  return password;
}

function noPassword(kind: 'PKCS12' | 'JKS', { passwordSecretRef }: WithPassword): KeyStores {
  const message =
    passwordSecretRef === undefined
      ? `${kind} keystore: no password is given; name a Secret in passwordSecretRef`
      : `${kind} keystore: Secret "${passwordSecretRef.name}" with its password does not exist, or has nothing under "${passwordSecretRef.key ?? ''}"`;
  return { kind: 'no-password', message };
}
