import type { KeyObject } from 'node:crypto';
import { DomainError } from '../../core/error.ts';
import { parseCertificate } from '../../pki/parsed-certificate.ts';
import { samePublicKey } from '../../pki/public-key.ts';
import type { Cause } from './certificate-status.ts';

/** What is wrong with what an issuer has signed, before it replaces anything; undefined when it can be used. */
export function issuedFault(pem: string, key: KeyObject, now: number): Cause | undefined {
  try {
    const { publicKey, notAfter } = parseCertificate(pem);
    if (!samePublicKey(publicKey, key)) return invalid('it is for another key than the one that was asked with');
    if (notAfter <= now) return invalid(`it has expired already, at ${new Date(notAfter).toISOString()}`);
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return invalid(error.message);
    throw error;
  }
}

function invalid(why: string): Cause {
  return { reason: 'InvalidCertificate', message: `the issuer has signed a certificate that cannot be used: ${why}` };
}
