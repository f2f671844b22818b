import { conditionOf, fromTime, isTrue } from '../conditions.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';

/** Reasons of the Ready condition of a CertificateRequest. Everybody who signs writes one of these, also issuers that are not ours. */
export const REQUEST_REASON = { pending: 'Pending', failed: 'Failed', issued: 'Issued', denied: 'Denied' } as const;

/** Where a request stands. `waiting`: nobody has said anything final yet. */
export type RequestState =
  | { readonly kind: 'waiting'; readonly message: string | undefined }
  | { readonly kind: 'issued'; readonly certificate: string; readonly ca: string | undefined }
  /** `at`: ms since the epoch, when it is known. */
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string; readonly at: number | undefined };

/** Reads it as a Certificate does: of a request that was denied and signed nevertheless, the certificate counts. */
export function requestState({ status }: CertificateRequest): RequestState {
  const ready = conditionOf(status?.conditions, 'Ready');
  if (ready?.reason === REQUEST_REASON.issued && status?.certificate !== undefined && status.certificate !== '') {
    return {
      kind: 'issued',
      certificate: decode(status.certificate),
      ca: status.ca === undefined || status.ca === '' ? undefined : decode(status.ca),
    };
  }
  if (ready?.reason === REQUEST_REASON.failed || ready?.reason === REQUEST_REASON.denied) {
    const at = fromTime(status?.failureTime) ?? fromTime(ready.lastTransitionTime);
    return { kind: 'failed', reason: ready.reason, message: ready.message ?? '', at };
  }
  for (const type of ['Denied', 'InvalidRequest']) {
    const verdict = conditionOf(status?.conditions, type);
    if (verdict?.status === 'True' && ready === undefined) {
      return { kind: 'failed', reason: type, message: verdict.message ?? '', at: fromTime(verdict.lastTransitionTime) };
    }
  }
  return { kind: 'waiting', message: ready?.message };
}

/** Whether nothing more will become of it, so that no signer looks at it again. */
export function isFinal({ status }: CertificateRequest): boolean {
  const ready = conditionOf(status?.conditions, 'Ready');
  if (ready?.status === 'True') return true;
  return ready?.reason === REQUEST_REASON.failed || ready?.reason === REQUEST_REASON.denied;
}

export function isApproved({ status }: CertificateRequest): boolean {
  return isTrue(status?.conditions, 'Approved');
}

export function isDenied({ status }: CertificateRequest): boolean {
  return isTrue(status?.conditions, 'Denied');
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
