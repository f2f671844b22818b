import { parsePrivateKey } from '../pki/key.ts';
import { samePublicKey } from '../pki/public-key.ts';
import { signCertificate, wholeSeconds } from '../pki/sign-certificate.ts';
import { checkRequest, refusal } from './signing.ts';
import type { CheckedRequest, Signing, SigningRequest } from './signing.ts';

export interface SelfSignedMaterial {
  /** PEM, secret: the key that the CSR was made with. */
  readonly privateKey: string;
  readonly crlDistributionPoints?: readonly string[] | undefined;
}

const EMPTY_SUBJECT =
  'the certificate has an empty subject, and a self-signed one then has an empty issuer too, which RFC 5280 forbids and some programs refuse; give it a common name';

/** Signs a request with its own key. Pure but for the serial number: the time is `now`, ms since the epoch. */
export async function signBySelf(asked: SigningRequest, issuer: SelfSignedMaterial, now: number): Promise<Signing> {
  let checked: CheckedRequest;
  try {
    checked = checkRequest(asked);
  } catch (error) {
    return refusal(error, 'request');
  }
  try {
    return await sign(checked, issuer, now);
  } catch (error) {
    return refusal(error, 'issuer');
  }
}

async function sign(checked: CheckedRequest, issuer: SelfSignedMaterial, now: number): Promise<Signing> {
  const { request, usages, isCA } = checked;
  const key = parsePrivateKey(issuer.privateKey);
  if (!samePublicKey(key, request.publicKey)) {
    const message =
      'the certificate request was not made with the private key that signs it; name the Secret with that key';
    return { outcome: 'refused', blame: 'request', message };
  }
  const certificate = await signCertificate({
    ...wholeSeconds(now, checked.duration),
    request,
    issuer: 'self',
    key,
    isCA,
    usages,
    crlDistributionPoints: issuer.crlDistributionPoints,
  });
  const warning = request.subject.length === 0 ? EMPTY_SUBJECT : undefined;
  return { outcome: 'signed', certificate, ca: certificate, warning };
}
