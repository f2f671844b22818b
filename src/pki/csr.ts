import type { KeyObject } from 'node:crypto';
import { createCertificateRequest, parseCertificateRequest } from './certificate-request.ts';
import { parsePrivateKey } from './key.ts';

/** A common name holds at most 64 characters (RFC 5280 appendix A.1, ub-common-name). */
const LONGEST_COMMON_NAME = 64;

/**
 * A certificate request (RFC 2986) as an ACME server wants it, DER: all `names` as dNSName and no usages, which are the CA's to say. With
 * `commonName` the first name that fits also becomes the subject; without it the subject is empty, as the Baseline Requirements advise.
 * @throws DomainError `invalid-key`
 */
export async function createCsr(o: {
  privateKey: string;
  names: readonly string[];
  commonName?: boolean;
}): Promise<Uint8Array> {
  return createCertificateRequest({
    privateKey: parsePrivateKey(o.privateKey),
    commonName: o.commonName === true ? o.names.find((name) => name.length <= LONGEST_COMMON_NAME) : undefined,
    dnsNames: o.names,
    encodeUsages: false,
  });
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

/** What an ACME server looks at in a request. @throws DomainError `invalid-csr` */
export async function parseCsr(der: Uint8Array): Promise<ParsedCsr> {
  const request = parseCertificateRequest(der);
  return {
    names: request.dnsNames.map((name) => name.toLowerCase()),
    commonName: request.commonName === '' ? undefined : request.commonName.toLowerCase(),
    otherNames: [
      ...request.ipAddresses.map((address) => `ip:${address}`),
      ...request.emailAddresses.map((address) => `email:${address}`),
      ...request.uris.map((uri) => `url:${uri}`),
      ...request.otherNames.map(({ oid }) => `other:${oid}`),
    ],
    publicKey: request.publicKey,
    verified: request.verified,
  };
}
