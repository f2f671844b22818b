import { X509Certificate } from 'node:crypto';
import { AcmeError } from './problem.ts';

/** Node passes over roots that it cannot read, and every connection would fail without a word of why. @throws AcmeError `acme-invalid-root` */
export function checkRoots(pem: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length === 0) throw new Error('no certificate in it');
    for (const block of blocks) void new X509Certificate(block);
  } catch (error) {
    throw new AcmeError(
      'acme-invalid-root',
      'the root given for the CA cannot be read: it must hold at least one certificate in PEM, as in "-----BEGIN CERTIFICATE-----"',
      { retry: { kind: 'never' }, cause: error },
    );
  }
}
