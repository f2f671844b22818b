import type { KeyObject } from 'node:crypto';

/** How a private key is written: `PKCS1` means "RSA PRIVATE KEY", and "EC PRIVATE KEY" (SEC 1) for ECDSA. */
export type KeyEncoding = 'PKCS1' | 'PKCS8';

/** The key as PEM with a final newline. Ed25519 has only PKCS#8, whatever is asked for. */
export function encodePrivateKey(key: KeyObject, encoding: KeyEncoding): string {
  throw new Error(`not yet ${encoding} ${String(key)}`);
}

/** The DER inside any private key PEM (what additionalOutputFormats calls `key.der`): the bytes as they are, not encoded anew. */
export function privateKeyDer(pem: string): Uint8Array {
  throw new Error(`not yet ${pem.length}`);
}
