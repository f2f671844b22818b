import { DomainError } from '../../core/error.ts';
import { samePublicKey } from '../../pki/public-key.ts';
import { certificateDifferences, requestDifferences } from '../../pki/request-comparison.ts';
import type { ParsedRequest } from '../../pki/certificate-request.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import type { CertificateState } from './certificate-state.ts';
import { fromGoDuration } from './go-duration.ts';
import { sameIssuer } from './issuer-identity.ts';
import { invalidCertificate, invalidKey } from './secret-checks.ts';
import type { Check } from './secret-checks.ts';
import type { Violation } from './violation.ts';
import { wantedContent } from './wanted-content.ts';

/** The key in the Secret is the one that the current request was made with. */
export const keyIsOfRequest: Check = ({ currentRequest, key, request }) => {
  if (currentRequest === undefined) return undefined;
  const { value: privateKey, fault: keyFault } = key();
  if (privateKey === undefined) return invalidKey(keyFault);
  const { value: csr, fault } = request();
  if (csr === undefined) {
    return { reason: 'InvalidCertificateRequest', message: `Failed to decode current CertificateRequest: ${fault}` };
  }
  if (samePublicKey(csr.publicKey, privateKey)) return undefined;
  const message = 'Secret contains a private key that does not match the current CertificateRequest';
  return { reason: 'SecretMismatch', message };
};

/**
 * The current request asks for what the spec says; without one, the certificate has the names of the spec. Where one of the two cannot be read
 * nothing is issued anew for that alone, since what is in the Secret may be as good as ever.
 */
export const requestFitsSpec: Check = (state) => {
  try {
    return state.currentRequest === undefined
      ? certificateFitsSpec(state)
      : currentRequestFitsSpec(state, state.currentRequest);
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
};

function certificateFitsSpec({ certificate, issued }: CertificateState): Violation | undefined {
  const { value, fault } = issued();
  if (value === undefined) return invalidCertificate(fault);
  const differences = certificateDifferences(wantedContent(certificate.spec), value);
  if (differences.length === 0) return undefined;
  const message = `Issuing certificate as Existing issued Secret is not up to date for spec: [${differences.join(' ')}]`;
  return { reason: 'SecretMismatch', message };
}

function currentRequestFitsSpec(
  { certificate, request }: CertificateState,
  current: CertificateRequest,
): Violation | undefined {
  const { value: csr } = request();
  const differences = csr === undefined ? [] : specDifferences(certificate.spec, current, csr);
  if (differences.length === 0) return undefined;
  const message = `Fields on existing CertificateRequest resource not up to date: [${differences.join(' ')}]`;
  return { reason: 'RequestChanged', message };
}

/**
 * The fields of a spec in which a CertificateRequest differs, in cert-manager's words and order; empty when it fits. Kind and group of the
 * issuer may be left out on either side: writing the default into a manifest is no change.
 * @throws DomainError `invalid-subject` for a literal subject that cannot be read
 */
export function specDifferences(
  spec: CertificateSpec,
  { spec: asked }: CertificateRequest,
  csr: ParsedRequest,
): string[] {
  const [duration, askedDuration] = [fromGoDuration(spec.duration), fromGoDuration(asked.duration)];
  const sameDuration = duration === undefined || askedDuration === undefined || duration === askedDuration;
  return [
    ...requestDifferences(wantedContent(spec), csr),
    ...((spec.isCA ?? false) === (asked.isCA ?? false) ? [] : ['spec.isCA']),
    ...(sameSet(spec.usages, asked.usages) ? [] : ['spec.usages']),
    ...(sameDuration ? [] : ['spec.duration']),
    ...(sameIssuer(spec.issuerRef, asked.issuerRef) ? [] : ['spec.issuerRef']),
  ];
}

function sameSet(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return one.toSorted().join('\n') === other.toSorted().join('\n');
}
