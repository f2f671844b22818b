import { fromTime } from '../conditions.ts';
import type { CertificateStatus } from '../schema/certificate-status.ts';
import { goTime, rfc1123 } from './go-time.ts';
import { renewalPlan, suggestedWindow } from './renewal-time.ts';
import type { Lifetime } from './renewal-time.ts';
import { invalidCertificate } from './secret-checks.ts';
import type { Check } from './secret-checks.ts';

/**
 * It is not yet time to renew: neither by the spec nor, where the CA was asked (RFC 9773) for this certificate, by the time chosen then and kept
 * in status.renewalTime.
 */
export const isNotDue: Check = ({ certificate, issued }, now) => {
  const { value, fault } = issued();
  if (value === undefined) return invalidCertificate(fault);
  const plan = renewalPlan(value, certificate.spec);
  if (plan.kind === 'never') return undefined;
  const chosen = chosenTime(certificate.status, value);
  const at = suggestedWindow(certificate.status) === undefined ? plan.at : (chosen ?? plan.at);
  if (at > now) return undefined;
  return { reason: 'Renewing', message: `Renewing certificate as renewal was scheduled at ${goTime(chosen ?? at)}` };
};

export const isNotExpired: Check = ({ issued }, now) => {
  const { value, fault } = issued();
  if (value === undefined) return invalidCertificate(fault);
  if (now <= value.notAfter) return undefined;
  return { reason: 'Expired', message: `Certificate expired on ${rfc1123(value.notAfter)}` };
};

/** status.renewalTime, when it is about this certificate: just after a renewal the status still tells of the one before. */
function chosenTime(status: CertificateStatus | undefined, issued: Lifetime): number | undefined {
  const isAbout = fromTime(status?.notBefore) === issued.notBefore && fromTime(status?.notAfter) === issued.notAfter;
  return isAbout ? fromTime(status?.renewalTime) : undefined;
}
