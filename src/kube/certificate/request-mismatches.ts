import { parseDuration } from '../../core/duration.ts';
import { parseCertificateRequest } from '../../pki/certificate-request.ts';
import { requestDifferences } from '../../pki/request-comparison.ts';
import { CERT_MANAGER_GROUP } from '../issuer/issuer-lookup.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import type { IssuerReference } from '../schema/issuer-reference.ts';
import { wantedContent } from './wanted-content.ts';

/**
 * The fields of a Certificate's spec (`spec.dnsNames`, ...) that a request for it does not fit, in cert-manager's words and order; empty when it is
 * just what would be asked for now. What a missing field means is compared, not whether it is missing.
 * @throws DomainError `invalid-csr`, `invalid-subject`
 */
export function requestMismatches(spec: CertificateSpec, request: CertificateRequest): string[] {
  const csr = parseCertificateRequest(Buffer.from(request.spec.request, 'base64').toString('utf8'));
  const mismatches = requestDifferences(wantedContent(spec), csr);
  if ((request.spec.isCA ?? false) !== (spec.isCA ?? false)) mismatches.push('spec.isCA');
  if (!sameSet(request.spec.usages, spec.usages)) mismatches.push('spec.usages');
  if (durationOf(request.spec.duration) !== durationOf(spec.duration)) mismatches.push('spec.duration');
  if (issuerOf(request.spec.issuerRef) !== issuerOf(spec.issuerRef)) mismatches.push('spec.issuerRef');
  return mismatches;
}

function sameSet(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return new Set(one).symmetricDifference(new Set(other)).size === 0;
}

/** `2160h` and `2160h0m0s` are the same. What cannot be read is only the same as itself. */
function durationOf(text: string | undefined): number | string | undefined {
  if (text === undefined) return undefined;
  try {
    return parseDuration(text);
  } catch {
    return text;
  }
}

function issuerOf({ group = '', kind = '', name }: IssuerReference): string {
  return [group === '' ? CERT_MANAGER_GROUP : group, kind === '' ? 'Issuer' : kind, name].join('/');
}
