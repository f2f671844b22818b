/** `spec.keystores.pkcs12.profile`. */
export const PKCS12_PROFILES = ['LegacyRC2', 'LegacyDES', 'Modern2023', 'Modern2026'] as const;
export type Pkcs12Profile = (typeof PKCS12_PROFILES)[number];

/**
 * keystore.p12: the key with its chain (PEM, leaf first) and, where there is one, the CA. Key derivation runs on another thread.
 * @throws DomainError `invalid-key`, `invalid-certificate`
 */
export function createPkcs12KeyStore(o: {
  privateKey: string;
  chain: string;
  ca?: string | undefined;
  password: string;
  profile: Pkcs12Profile;
}): Promise<Uint8Array> {
  throw new Error(`not yet ${o.profile}`);
}

/** truststore.p12: the CA alone, marked so that Java trusts it. */
export function createPkcs12TrustStore(o: {
  ca: string;
  password: string;
  profile: Pkcs12Profile;
}): Promise<Uint8Array> {
  throw new Error(`not yet ${o.profile}`);
}
