import { certificateId } from '../../pki/certificate-id.ts';
import { parseChain } from '../../pki/chain.ts';
import { secretBytes } from '../api/secret.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { AcmeDeps } from './acme-deps.ts';

/**
 * The name of the certificate that the one of a request takes the place of (RFC 9773 section 5), when the same issuer has issued it and it shares
 * one of the `names`: only then does the CA see it replaced. What cannot be read is no reason to fail: it only spares a rate limit.
 */
export async function replacedCertificate(
  { metadata, spec }: CertificateRequest,
  names: readonly string[],
  { certificates, secrets }: Pick<AcmeDeps, 'certificates' | 'secrets'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = metadata.annotations?.['cert-manager.io/certificate-name'];
  const { namespace } = metadata;
  const certificate = name === undefined ? undefined : certificates.get({ namespace, name });
  if (certificate === undefined) return undefined;
  const secret = await secrets.read({ namespace, name: certificate.spec.secretName }, signal);
  const annotations = secret?.metadata.annotations ?? {};
  const isSameIssuer =
    annotations['cert-manager.io/issuer-name'] === spec.issuerRef.name &&
    (annotations['cert-manager.io/issuer-kind'] || 'Issuer') === (spec.issuerRef.kind || 'Issuer') &&
    annotations['cert-manager.io/certificate-name'] === name;
  const pem = secret && secretBytes(secret, 'tls.crt');
  if (!isSameIssuer || pem === undefined) return undefined;
  try {
    const [leaf] = parseChain(Buffer.from(pem).toString('utf8'));
    return leaf?.names.some((one) => names.includes(one)) === true ? certificateId(leaf) : undefined;
  } catch {
    return undefined;
  }
}
