import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DomainError, messageOf } from '../core/error.ts';
import { parsePrivateKey } from './key.ts';
import { loadX509, toSigningKey } from './x509.ts';

/** A common name holds at most 64 characters (RFC 5280 appendix A.1, ub-common-name). */
const LONGEST_COMMON_NAME = 64;

/**
 * A certificate request (RFC 2986) as DER, for all `names` as dNSName. With `commonName` the first name that fits also becomes the
 * subject; without it the subject is empty, as the Baseline Requirements advise.
 * @throws DomainError `invalid-key`
 */
export async function createCsr(o: {
  privateKey: string;
  names: readonly string[];
  commonName?: boolean;
}): Promise<Uint8Array> {
  const privateKey = parsePrivateKey(o.privateKey);
  const keys = toSigningKey(privateKey, createPublicKey(privateKey));
  const { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } = await loadX509();
  const subject = o.commonName === true ? o.names.find((name) => name.length <= LONGEST_COMMON_NAME) : undefined;
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: subject === undefined ? [] : [{ CN: [subject] }],
    keys,
    signingAlgorithm: keys.algorithm,
    extensions: [new SubjectAlternativeNameExtension(o.names.map((value) => ({ type: 'dns' as const, value })))],
  });
  return new Uint8Array(request.rawData);
}

export interface ParsedCsr {
  /** DNS names of the SAN, lower case, as they stand. */
  readonly names: readonly string[];
  readonly commonName: string | undefined;
  /** SAN entries that are no DNS names, for example `ip:192.0.2.1`. */
  readonly otherNames: readonly string[];
  readonly publicKey: KeyObject;
  /** Whether the request is signed by the key it asks a certificate for (proof of possession). */
  readonly verified: boolean;
}

/** @throws DomainError `invalid-csr` */
export async function parseCsr(der: Uint8Array): Promise<ParsedCsr> {
  const { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } = await loadX509();
  try {
    const request = new Pkcs10CertificateRequest(Uint8Array.from(der));
    const extension = request.extensions.find((found) => found instanceof SubjectAlternativeNameExtension);
    const names = extension?.names.items ?? [];
    return {
      names: names.filter((name) => name.type === 'dns').map((name) => name.value.toLowerCase()),
      commonName: request.subjectName.getField('CN')[0]?.toLowerCase(),
      otherNames: names.filter((name) => name.type !== 'dns').map((name) => `${name.type}:${name.value}`),
      publicKey: createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' }),
      verified: await request.verify().catch(() => false),
    };
  } catch (error) {
    throw new DomainError('invalid-csr', `the certificate request cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
