/**
 * keystore.jks: the key with its chain (PEM, leaf first) under `alias`, and the CA as a trusted certificate under "ca".
 * `now` is ms since the epoch: a JKS entry has a creation date.
 * @throws DomainError `invalid-key`, `invalid-certificate`
 */
export function createJksKeyStore(o: {
  privateKey: string;
  chain: string;
  ca?: string | undefined;
  password: string;
  alias: string;
  now: number;
}): Uint8Array {
  throw new Error(`not yet ${o.alias}`);
}

/** truststore.jks: the CA alone, under "ca". */
export function createJksTrustStore(o: { ca: string; password: string; now: number }): Uint8Array {
  throw new Error(`not yet ${o.now}`);
}
