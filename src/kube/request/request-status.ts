import { withCondition } from '../conditions.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { CertificateRequestStatus } from '../schema/certificate-request-fields.ts';
import { REQUEST_REASON } from './request-state.ts';

export const APPROVED_MESSAGE = 'Certificate request has been approved by cert-manager.io';
export const ISSUED_MESSAGE = 'Certificate fetched from issuer successfully';
export const DENIED_MESSAGE = 'The CertificateRequest was denied by an approval controller';
export const UNAPPROVED_MESSAGE = 'Not signing CertificateRequest until it is Approved';

type Status = CertificateRequestStatus;

/** Approved, as cert-manager's own approver says it. Whoever approves once has decided: it is never taken back. */
export function approved(status: Status, now: number): Status {
  const condition = { type: 'Approved', status: 'True', reason: 'cert-manager.io', message: APPROVED_MESSAGE } as const;
  return { ...status, conditions: [...withCondition(status.conditions, condition, now)] };
}

export function pending(status: Status, message: string, now: number): Status {
  return ready(status, { status: 'False', reason: REQUEST_REASON.pending, message }, now);
}

export function issued(status: Status, signed: { certificate: string; ca?: string | undefined }, now: number): Status {
  return {
    ...ready(status, { status: 'True', reason: REQUEST_REASON.issued, message: ISSUED_MESSAGE }, now),
    certificate: encode(signed.certificate),
    ...(signed.ca !== undefined && { ca: encode(signed.ca) }),
  };
}

export function failed(status: Status, reason: 'Failed' | 'Denied', message: string, now: number): Status {
  return {
    ...ready(status, { status: 'False', reason, message }, now),
    failureTime: status.failureTime ?? new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

/** It can never be signed, by whichever issuer. */
export function invalid(status: Status, message: string, now: number): Status {
  const condition = { type: 'InvalidRequest', status: 'True', reason: 'InvalidRequest', message } as const;
  const conditions = [...withCondition(status.conditions, condition, now)];
  return failed({ ...status, conditions }, 'Failed', message, now);
}

function ready(
  status: Status,
  what: { status: 'True' | 'False'; reason: string; message: string },
  now: number,
): Status {
  return { ...status, conditions: [...withCondition(status.conditions, { type: 'Ready', ...what }, now)] };
}

function encode(pem: string): string {
  return Buffer.from(pem).toString('base64');
}

export function statusOf(request: CertificateRequest): Status {
  return request.status ?? {};
}
