import { createHash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readDer } from './der.ts';
import { explicit, integer, sequence, time } from './der-writer.ts';
import { toPem } from './pem.ts';
import { serialNumber } from './serial-number.ts';
import { issuerSignature, signedStructure } from './signature.ts';

/** The parts of a certificate (RFC 5280 section 4.1), each as DER. */
export interface CertificateBody {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Uint8Array[];
  /** ms since the epoch; certificates keep whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const VERSION_3 = 2;

/** The certificate as PEM, with a new serial number. Signing runs on another thread. @throws DomainError `invalid-key` when `key` cannot sign */
export async function signBody(body: CertificateBody, key: KeyObject): Promise<string> {
  const structure = await signedStructure(
    (algorithm) =>
      sequence(
        explicit(0, integer(VERSION_3)),
        integer(serialNumber()),
        algorithm,
        body.issuer,
        sequence(time(body.notBefore), time(body.notAfter)),
        body.subject,
        body.publicKey,
        explicit(3, sequence(...body.extensions)),
      ),
    key,
    issuerSignature(key),
  );
  return toPem('CERTIFICATE', structure);
}

/** The identifier of a key: the leftmost 160 bits of SHA-256 over the key itself (RFC 7093 section 2, method 1). */
export function keyIdentifier(publicKey: Uint8Array): Uint8Array {
  const information = readDer(publicKey).content;
  const bits = readDer(information, readDer(information).end);
  return createHash('sha256').update(bits.content.subarray(1)).digest().subarray(0, 20);
}
