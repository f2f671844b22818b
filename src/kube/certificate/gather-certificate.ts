import { formatKey, keyOf } from '../api/object.ts';
import type { Secret } from '../api/secret.ts';
import type { KubeDeps } from '../deps.ts';
import { certificatesOfSecret, requestsOfOwner } from '../indexes.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { NextKeys } from './next-keys.ts';
import { revisionOf } from './revision.ts';
import { secretOwner } from './secret-owner.ts';

/** Everything that belongs to a Certificate, as it is in memory. */
export interface CertificateView {
  readonly certificate: Certificate;
  /** The Secret that `spec.secretName` names. */
  readonly secret: Secret | undefined;
  /** The request that the certificate in the Secret came from, when it is still there. */
  readonly currentRequest: CertificateRequest | undefined;
  /** Requests for the next revision. One, but for what a crash or a person has left behind. */
  readonly nextRequests: readonly CertificateRequest[];
  /** Older requests, newest first. */
  readonly olderRequests: readonly CertificateRequest[];
  /** Requests of ours that say no revision: nobody can tell what they are for. */
  readonly strayRequests: readonly CertificateRequest[];
  /** Temporary Secrets with a key for the next certificate. */
  readonly nextKeys: readonly Secret[];
  /** Another Certificate that has the Secret, when several name it. */
  readonly rival: Certificate | undefined;
}

export async function gatherCertificate(
  certificate: Certificate,
  deps: Pick<KubeDeps, 'secrets' | 'requests' | 'certificates'> & { readonly nextKeys: NextKeys },
  signal: AbortSignal,
): Promise<CertificateView> {
  const { metadata, spec } = certificate;
  const secretKey = { namespace: metadata.namespace, name: spec.secretName };
  const secret = await deps.secrets.read(secretKey, signal);
  const nextKeys = await Promise.all(deps.nextKeys.of(metadata.uid ?? '').map((key) => readKey(deps, key, signal)));
  return viewOf(certificate, {
    secret,
    requests: requestsOfOwner(deps.requests, certificate),
    nextKeys: nextKeys.filter((found) => found !== undefined),
    sharing: certificatesOfSecret(deps.certificates, formatKey(secretKey)),
  });
}

export interface CertificateParts extends Pick<CertificateView, 'secret' | 'nextKeys'> {
  /** Those that it owns. */
  readonly requests: readonly CertificateRequest[];
  /** All Certificates that name the same Secret, itself among them. */
  readonly sharing: readonly Certificate[];
}

/** Puts the parts where they belong. */
export function viewOf(certificate: Certificate, parts: CertificateParts): CertificateView {
  const requests = parts.requests.filter(isKept);
  const current = certificate.status?.revision ?? 0;
  const owner = secretOwner(parts.sharing, parts.secret);
  return {
    certificate,
    secret: parts.secret,
    currentRequest: requests.find((request) => revisionOf(request) === current),
    nextRequests: requests.filter((request) => revisionOf(request) === current + 1),
    olderRequests: requests
      .filter((request) => (revisionOf(request) ?? current) < current)
      .toSorted((one, other) => (revisionOf(other) ?? 0) - (revisionOf(one) ?? 0)),
    strayRequests: requests.filter((request) => revisionOf(request) === undefined),
    nextKeys: parts.nextKeys,
    rival: owner === undefined || keyOf(owner) === keyOf(certificate) ? undefined : owner,
  };
}

function isKept({ metadata }: CertificateRequest): boolean {
  return metadata.deletionTimestamp === undefined;
}

async function readKey(
  { secrets }: Pick<KubeDeps, 'secrets'>,
  key: string,
  signal: AbortSignal,
): Promise<Secret | undefined> {
  const [namespace, name = ''] = key.split('/');
  const secret = await secrets.read({ namespace, name }, signal);
  return secret?.metadata.deletionTimestamp === undefined ? secret : undefined;
}
