import { DomainError } from '../core/error.ts';
import { bundleChain } from '../pki/chain-bundle.ts';
import { parsePrivateKey } from '../pki/key.ts';
import { parseCertificate } from '../pki/parsed-certificate.ts';
import { samePublicKey } from '../pki/public-key.ts';
import { signCertificate, wholeSeconds } from '../pki/sign-certificate.ts';
import { issuerSignature } from '../pki/signature.ts';
import { checkRequest, refusal } from './signing.ts';
import type { CheckedRequest, Signing, SigningRequest } from './signing.ts';

/** The key pair of a CA issuer, with what it writes into each certificate. */
export interface AuthorityMaterial {
  /** PEM: the CA certificate first, then what leads to its root. */
  readonly certificate: string;
  /** PEM, secret. */
  readonly privateKey: string;
  readonly crlDistributionPoints?: readonly string[] | undefined;
  readonly ocspServers?: readonly string[] | undefined;
  readonly issuingCertificateURLs?: readonly string[] | undefined;
}

/** Whether a key pair can be a CA issuer's: readable, belongs together, a CA certificate. A sentence when not. */
export function authorityFault(material: Pick<AuthorityMaterial, 'certificate' | 'privateKey'>): string | undefined {
  try {
    bundleChain(material.certificate);
    const certificate = parseCertificate(material.certificate);
    const key = parsePrivateKey(material.privateKey);
    if (issuerSignature(key) === undefined)
      return 'the CA key is of a kind that cannot sign; use RSA, ECDSA or Ed25519';
    if (!certificate.isCA)
      return 'the certificate of the CA is none of a CA: its basic constraints do not allow it to sign';
    if (!samePublicKey(key, certificate.publicKey))
      return 'the private key of the CA does not belong to its certificate';
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
}

/** Signs a request with a CA's key. Pure but for the serial number: the time is `now`, ms since the epoch. */
export async function signByAuthority(
  asked: SigningRequest,
  authority: AuthorityMaterial,
  now: number,
): Promise<Signing> {
  const fault = authorityFault(authority);
  if (fault !== undefined) return { outcome: 'refused', blame: 'issuer', message: fault };
  try {
    return await sign(checkRequest(asked), authority, now);
  } catch (error) {
    return refusal(error, 'request');
  }
}

async function sign(checked: CheckedRequest, authority: AuthorityMaterial, now: number): Promise<Signing> {
  const { request, usages, isCA } = checked;
  const issuer = parseCertificate(authority.certificate);
  const validity = wholeSeconds(now, checked.duration);
  const leaf = await signCertificate({
    ...validity,
    request,
    issuer,
    key: parsePrivateKey(authority.privateKey),
    isCA,
    usages,
    crlDistributionPoints: authority.crlDistributionPoints,
    ocspServers: authority.ocspServers,
    issuingCertificateURLs: authority.issuingCertificateURLs,
  });
  const { chain, ca } = bundleChain(leaf + authority.certificate);
  const warning =
    validity.notAfter > issuer.notAfter
      ? `the certificate outlives its CA, which expires at ${new Date(issuer.notAfter).toISOString()}; shorten its duration or renew the CA`
      : undefined;
  return { outcome: 'signed', certificate: chain, ca, warning };
}
