import { assertNever } from '../../core/assert-never.ts';
import type { EventRecorder } from '../api/event-recorder.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { SigningOutcome } from './request-signer.ts';
import { ISSUED_MESSAGE, UNAPPROVED_MESSAGE } from './request-status.ts';

export type RequestNews =
  | SigningOutcome
  | { readonly kind: 'unapproved' }
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string };

/**
 * Tells of a request what its conditions do not say, or what nobody else says. That all goes well with a request that belongs to a Certificate is
 * told by the events of the Certificate: the same once more for each request would be half of all that is written to the API server.
 */
export function tellRequest(events: EventRecorder, request: CertificateRequest, news: RequestNews): void {
  switch (news.kind) {
    case 'issued':
      if (!belongsToCertificate(request)) {
        events.record(request, { type: 'Normal', reason: 'CertificateIssued', message: ISSUED_MESSAGE });
      }
      return;
    case 'pending':
      if (news.event !== undefined && (news.event.type === 'Warning' || !belongsToCertificate(request))) {
        const { type = 'Normal', reason, message = news.message } = news.event;
        events.record(request, { type, reason, message });
      }
      return;
    case 'failed':
      events.record(request, { type: 'Warning', reason: news.eventReason ?? 'Failed', message: news.message });
      return;
    case 'unapproved':
      events.record(request, { type: 'Normal', reason: 'WaitingForApproval', message: UNAPPROVED_MESSAGE });
      return;
    case 'waiting':
      events.record(request, { type: 'Normal', reason: news.reason, message: news.message });
      return;
    default:
      assertNever(news);
  }
}

function belongsToCertificate({ metadata }: CertificateRequest): boolean {
  return (
    metadata.ownerReferences?.some(({ kind, controller }) => kind === 'Certificate' && controller === true) === true
  );
}
