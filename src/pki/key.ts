import { createPrivateKey, generateKeyPair } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { assertNever } from '../core/assert-never.ts';
import { DomainError } from '../core/error.ts';
import { keySpecFault, keySpecOfType } from './key-spec.ts';
import type { KeySpec } from './key-spec.ts';
import { rememberingLast } from './last-read.ts';

/** Which key pair a certificate or an account gets. All are accepted by public CAs. */
export type KeyType = 'P-256' | 'P-384' | 'RSA-2048' | 'RSA-3072' | 'RSA-4096';

const generate = promisify(generateKeyPair);

/** Some are read over and over: a key on its way into a certificate, that of an account at each call to a CA. */
const readKey = rememberingLast((pem) => createPrivateKey({ key: pem, format: 'pem' }));

/**
 * A fresh private key as PKCS#8 PEM. RSA is made on another thread and takes up to seconds; the caller's thread stays free.
 * @throws DomainError `invalid-key` for a size that there is not
 */
export async function generateKey(type: KeyType | KeySpec): Promise<string> {
  const { privateKey } = await newKeyPair(typeof type === 'string' ? keySpecOfType(type) : type);
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

function newKeyPair(spec: KeySpec): Promise<{ privateKey: KeyObject }> {
  const fault = keySpecFault(spec);
  if (fault !== undefined) throw new DomainError('invalid-key', `no key can be made: ${fault}`);
  switch (spec.algorithm) {
    case 'RSA':
      return generate('rsa', { modulusLength: spec.size ?? 2048 });
    case 'ECDSA':
      return generate('ec', { namedCurve: `P-${spec.size ?? 256}` });
    case 'Ed25519':
      return generate('ed25519');
    default:
      return assertNever(spec);
  }
}

/**
 * Reads an unencrypted private key: PKCS#8, or the older PKCS#1 and SEC1 forms that other programs write.
 * @throws DomainError `invalid-key`; the message never shows any of the key
 */
export function parsePrivateKey(pem: string): KeyObject {
  if (pem.includes('ENCRYPTED')) {
    throw new DomainError(
      'invalid-key',
      'the private key is encrypted; give it without a passphrase, in a file only this user can read',
    );
  }
  try {
    return readKey(pem);
  } catch {
    // The cause is dropped on purpose: OpenSSL's message may quote what it could not read.
    throw new DomainError(
      'invalid-key',
      'the private key cannot be read; it must be an RSA or EC key in PEM, as in "-----BEGIN PRIVATE KEY-----"',
    );
  }
}

/** The kind of a key, or undefined when it is none that public CAs sign. */
export function keyTypeOf(key: KeyObject): KeyType | undefined {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'ec') {
    if (details?.namedCurve === 'prime256v1') return 'P-256';
    if (details?.namedCurve === 'secp384r1') return 'P-384';
    return undefined;
  }
  if (key.asymmetricKeyType !== 'rsa') return undefined;
  if (details?.modulusLength === 2048) return 'RSA-2048';
  if (details?.modulusLength === 3072) return 'RSA-3072';
  if (details?.modulusLength === 4096) return 'RSA-4096';
  return undefined;
}
