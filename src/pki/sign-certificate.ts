import type { KeyObject } from 'node:crypto';
import { keyIdentifier, signBody } from './certificate-body.ts';
import type { ParsedRequest } from './certificate-request.ts';
import { explicit, implicit, octetString, oid, sequence } from './der-writer.ts';
import { encodeBasicConstraints, extension, EXTENSION } from './extension.ts';
import { asciiName, URI } from './general-names.ts';
import { encodeExtendedKeyUsage, encodeKeyUsage } from './key-usage.ts';
import type { KeyUsages } from './key-usage.ts';
import { encodeNameConstraints } from './name-constraints.ts';
import type { ParsedCertificate } from './parsed-certificate.ts';
import { subjectPublicKeyInfo } from './public-key.ts';

export interface CertificateToSign {
  readonly request: ParsedRequest;
  /** `self`: the issuer is the subject, and `key` is the private key of the request. */
  readonly issuer: 'self' | ParsedCertificate;
  /** Of the issuer, or with `self` of the request. */
  readonly key: KeyObject;
  /** ms since the epoch; certificates keep whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isCA: boolean;
  readonly usages: KeyUsages;
  readonly crlDistributionPoints?: readonly string[] | undefined;
  readonly ocspServers?: readonly string[] | undefined;
  readonly issuingCertificateURLs?: readonly string[] | undefined;
}

const OCSP = '1.3.6.1.5.5.7.48.1';
const CA_ISSUERS = '1.3.6.1.5.5.7.48.2';

/**
 * The certificate (RFC 5280) as PEM, of the leaf alone. Which extensions, and in which order, is as Go's x509 writes them for cert-manager:
 * a subject key identifier for CAs only, an authority key identifier where the issuer has one and is somebody else. Subject and alternative
 * names are the request's own bytes. Signing runs on another thread.
 * @throws DomainError `invalid-key` when `key` cannot sign, `invalid-name` for a URL that cannot be written
 */
export async function signCertificate(o: CertificateToSign): Promise<string> {
  const publicKey = subjectPublicKeyInfo(o.request.publicKey);
  const subject = o.request.subjectDer;
  const issuer = o.issuer === 'self' ? subject : o.issuer.subjectDer;
  const { notBefore, notAfter } = o;
  return signBody({ issuer, subject, publicKey, notBefore, notAfter, extensions: extensions(o, publicKey) }, o.key);
}

function extensions(o: CertificateToSign, publicKey: Uint8Array): Uint8Array[] {
  const { bits, extended } = o.usages;
  const { nameConstraints, subject, subjectAltName } = o.request;
  const constraints = nameConstraints && encodeNameConstraints(nameConstraints);
  return [
    ...(bits.length > 0 ? extension(EXTENSION.keyUsage, true, encodeKeyUsage(bits)) : []),
    ...(extended.length > 0 ? extension(EXTENSION.extendedKeyUsage, false, encodeExtendedKeyUsage(extended)) : []),
    ...extension(EXTENSION.basicConstraints, true, encodeBasicConstraints(o.isCA)),
    ...(o.isCA ? extension(EXTENSION.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))) : []),
    ...extension(EXTENSION.authorityKeyIdentifier, false, authorityKeyIdentifier(o)),
    ...extension(EXTENSION.authorityInfoAccess, false, informationAccess(o)),
    ...extension(EXTENSION.nameConstraints, nameConstraints?.critical === true, constraints),
    ...extension(EXTENSION.crlDistributionPoints, false, distributionPoints(o.crlDistributionPoints ?? [])),
    ...extension(EXTENSION.subjectAltName, subject.length === 0, subjectAltName),
  ];
}

function authorityKeyIdentifier({ issuer, request }: CertificateToSign): Uint8Array | undefined {
  if (issuer === 'self' || issuer.subjectKeyId === undefined) return undefined;
  if (Buffer.compare(issuer.subjectDer, request.subjectDer) === 0) return undefined;
  return sequence(implicit(0, issuer.subjectKeyId));
}

function informationAccess(o: CertificateToSign): Uint8Array | undefined {
  const all = [
    ...(o.ocspServers ?? []).map((url) => sequence(oid(OCSP), asciiName(URI, url))),
    ...(o.issuingCertificateURLs ?? []).map((url) => sequence(oid(CA_ISSUERS), asciiName(URI, url))),
  ];
  return all.length === 0 ? undefined : sequence(...all);
}

function distributionPoints(urls: readonly string[]): Uint8Array | undefined {
  if (urls.length === 0) return undefined;
  return sequence(...urls.map((url) => sequence(explicit(0, explicit(0, asciiName(URI, url))))));
}

/** From now on for `duration` ms, in whole seconds. */
export function wholeSeconds(now: number, duration: number): { notBefore: number; notAfter: number } {
  const notBefore = Math.floor(now / 1000) * 1000;
  return { notBefore, notAfter: Math.floor((notBefore + duration) / 1000) * 1000 };
}
