import type { KeyObject } from 'node:crypto';
import { DomainError } from '../../core/error.ts';
import { samePublicKey } from '../../pki/public-key.ts';
import { isKubeError } from '../api/kube-error.ts';
import { requestState } from '../request/request-state.ts';
import { certificateRequestResource } from '../schema/certificate-request.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateDeps } from './certificate-deps.ts';
import { issuingSince } from './certificate-status.ts';
import type { CertificateView } from './gather-certificate.ts';
import { newRequest } from './new-request.ts';
import { csrOf, requestFits } from './request-fits.ts';

export type NextRequest =
  | { readonly kind: 'there'; readonly request: CertificateRequest }
  /** The name is taken by a request that is about to go: look again soon. With a message: only a person can make it go. */
  | { readonly kind: 'name-taken'; readonly message?: string }
  /** Nothing that could be asked for: the spec cannot be put into a CSR. */
  | { readonly kind: 'impossible'; readonly message: string };

/** Sees to it that there is one request for the next revision, made with `next.key`, for what the spec says now. Others are deleted. */
export async function ensureRequest(
  deps: CertificateDeps,
  view: CertificateView,
  next: { readonly key: KeyObject; readonly keyName: string },
  signal: AbortSignal,
): Promise<NextRequest> {
  const { certificate } = view;
  const [fitting, ...others] = view.nextRequests.filter((request) => isUsable(certificate, request, next.key));
  const useless = view.nextRequests.filter((request) => request !== fitting && !others.includes(request));
  for (const request of [...view.strayRequests, ...useless, ...others]) await deleteRequest(deps, request, signal);
  if (fitting !== undefined) return { kind: 'there', request: fitting };
  const revision = (certificate.status?.revision ?? 0) + 1;
  let draft: Awaited<ReturnType<typeof newRequest>>;
  try {
    draft = await newRequest(certificate, { ...next, revision }, deps.options.copiedAnnotationPrefixes);
  } catch (error) {
    if (error instanceof DomainError) return { kind: 'impossible', message: error.message };
    throw error;
  }
  try {
    const options = { signal, fieldManager: 'cert-manager-certificates-request-manager' };
    const request = await deps.client.create(certificateRequestResource, draft, options);
    deps.ownWrites.quietly(certificate, () => deps.requests.upsert(request));
    const message = `Created new CertificateRequest resource "${request.metadata.name}"`;
    deps.events.record(certificate, { type: 'Normal', reason: 'Requested', message });
    return { kind: 'there', request };
  } catch (error) {
    if (isKubeError(error, 'kube-exists'))
      return seeWhoHasTheName(deps, certificate, draft.metadata.name ?? '', signal);
    if (isKubeError(error, 'kube-invalid')) return { kind: 'impossible', message: error.message };
    throw error;
  }
}

/** Whether a request is worth waiting for. One that failed before this issuance began belongs to the one before. */
function isUsable(certificate: Certificate, request: CertificateRequest, key: KeyObject): boolean {
  const csr = csrOf(request);
  if (csr === undefined || !samePublicKey(csr.publicKey, key)) return false;
  if (!requestFits(certificate.spec, request, csr)) return false;
  const state = requestState(request);
  return state.kind !== 'failed' || state.at === undefined || state.at >= (issuingSince(certificate) ?? 0);
}

/** Ours, made just before a crash or not yet seen; that of a Certificate of this name before us, which the garbage collector takes away; or of others. */
async function seeWhoHasTheName(
  deps: CertificateDeps,
  { metadata }: Certificate,
  name: string,
  signal: AbortSignal,
): Promise<NextRequest> {
  const present = await deps.client.get(
    certificateRequestResource,
    { namespace: metadata.namespace, name },
    { signal },
  );
  if (present === undefined) return { kind: 'name-taken' };
  const owners = present.metadata.ownerReferences ?? [];
  if (owners.some(({ uid }) => uid === metadata.uid)) {
    deps.requests.upsert(present);
    return { kind: 'name-taken' };
  }
  if (owners.some(({ kind }) => kind === 'Certificate')) return { kind: 'name-taken' };
  const message = `there is a CertificateRequest "${name}" already that belongs to no Certificate: delete it, or rename one of the two`;
  return { kind: 'name-taken', message };
}

export async function deleteRequest(
  { client }: Pick<CertificateDeps, 'client'>,
  { metadata: { namespace, name, uid } }: CertificateRequest,
  signal: AbortSignal,
): Promise<void> {
  await client.delete(certificateRequestResource, { namespace, name }, { uid, signal });
}
