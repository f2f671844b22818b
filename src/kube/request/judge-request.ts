import { DomainError } from '../../core/error.ts';
import { parseCertificateRequest } from '../../pki/certificate-request.ts';
import { formatKey } from '../api/object.ts';
import { isTrue } from '../conditions.ts';
import type { KubeDeps } from '../deps.ts';
import { findIssuer, readIssuerReference } from '../issuer/issuer-lookup.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import { issuerTypeOf } from '../issuer/issuer-type.ts';
import type { IssuerType } from '../issuer/issuer-type.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import { isApproved, isDenied, isFinal } from './request-state.ts';

/** What is to be done with a request now. */
export type Judgement =
  | { readonly kind: 'nothing' }
  /** Only to be approved: signing is the work of somebody else's controller. */
  | { readonly kind: 'approve' }
  | { readonly kind: 'deny' }
  /** What it asks for cannot be read. */
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'await-approval' }
  | { readonly kind: 'await-issuer'; readonly reason: 'IssuerNotFound' | 'IssuerNotReady'; readonly message: string }
  | { readonly kind: 'sign'; readonly issuer: AnyIssuer; readonly type: IssuerType; readonly approve: boolean };

/** Decides it from what is in memory; `approves`: whether requests are approved here. */
export function judgeRequest(
  request: CertificateRequest,
  deps: Pick<KubeDeps, 'issuers' | 'clusterIssuers'>,
  approves: boolean,
): Judgement {
  if (request.metadata.deletionTimestamp !== undefined || isFinal(request)) return { kind: 'nothing' };
  const reference = readIssuerReference(request.spec.issuerRef);
  const decided = isApproved(request) || isDenied(request);
  if (reference === 'foreign') return approves && !decided ? { kind: 'approve' } : { kind: 'nothing' };
  if (isDenied(request)) return { kind: 'deny' };
  const fault = csrFault(request);
  if (fault !== undefined) return { kind: 'invalid', message: fault };
  const approve = !isApproved(request);
  if (approve && !approves) return { kind: 'await-approval' };
  const { kind, name } = reference;
  const namespace = request.metadata.namespace ?? '';
  const issuer = findIssuer(deps, kind, name, namespace);
  if (issuer === undefined) {
    const resource = `${kind.toLowerCase()}.cert-manager.io "${name}"`;
    return awaitIssuer('IssuerNotFound', `Referenced "${kind}" not found: ${resource} not found`);
  }
  const type = issuerTypeOf(issuer);
  if (type === undefined || !isTrue(issuer.status?.conditions, 'Ready')) {
    return awaitIssuer('IssuerNotReady', notReady(issuer));
  }
  return { kind: 'sign', issuer, type, approve };
}

function csrFault({ spec }: CertificateRequest): string | undefined {
  try {
    parseCertificateRequest(Buffer.from(spec.request, 'base64').toString('utf8'));
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
}

function awaitIssuer(reason: 'IssuerNotFound' | 'IssuerNotReady', message: string): Judgement {
  return { kind: 'await-issuer', reason, message };
}

/** cert-manager's sentence, and then what the issuer itself says: whoever reads it need not look there. */
function notReady({ kind, metadata, status }: AnyIssuer): string {
  const why = status?.conditions?.find(({ type }) => type === 'Ready')?.message;
  const issuer = `${kind} ${formatKey(metadata)}`;
  return `Referenced issuer does not have a Ready status condition${why === undefined ? '' : ` (${issuer}: ${why})`}`;
}
