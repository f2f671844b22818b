import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DomainError } from '../core/error.ts';

/** How a private key is written: `PKCS1` means "RSA PRIVATE KEY", and "EC PRIVATE KEY" (SEC 1) for ECDSA. */
export type KeyEncoding = 'PKCS1' | 'PKCS8';

/** The key as PEM with a final newline. Ed25519 has only PKCS#8, whatever is asked for. */
export function encodePrivateKey(key: KeyObject, encoding: KeyEncoding): string {
  const format = 'pem';
  if (encoding === 'PKCS1' && key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format });
  if (encoding === 'PKCS1' && key.asymmetricKeyType === 'ec') return key.export({ type: 'sec1', format });
  return key.export({ type: 'pkcs8', format });
}

/** The DER inside the first block of a private key's PEM (additionalOutputFormats calls it `key.der`): the bytes as they are. */
export function privateKeyDer(pem: string): Uint8Array {
  const body = /-----BEGIN [A-Z ]*PRIVATE KEY-----([A-Za-z0-9+/=\s]*)-----END /.exec(pem)?.[1];
  if (body === undefined) {
    throw new DomainError(
      'invalid-key',
      'the private key cannot be read; it must be in PEM, as in "-----BEGIN PRIVATE KEY-----"',
    );
  }
  return Buffer.from(body, 'base64');
}

/** PKCS#8 DER of any private key PEM. */
export function pkcs8Der(pem: string): Uint8Array {
  try {
    return createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  } catch {
    // The cause is dropped on purpose: OpenSSL's message may quote what it could not read.
    throw new DomainError('invalid-key', 'the private key cannot be read; it must be RSA, ECDSA or Ed25519 in PEM');
  }
}
