import { goTime, rfc1123 } from './go-time.ts';
import { chosenByCa, renewalPlan } from './renewal-time.ts';
import { invalidCertificate } from './secret-checks.ts';
import type { Check } from './secret-checks.ts';

/** It is not yet time to renew: by the time chosen when the CA was asked, or else by the spec. */
export const isNotDue: Check = ({ certificate, issued }, now) => {
  const { value, fault } = issued();
  if (value === undefined) return invalidCertificate(fault);
  const plan = renewalPlan(value, certificate.spec);
  if (plan.kind === 'never') return undefined;
  const at = chosenByCa(certificate.status, value) ?? plan.at;
  if (at > now) return undefined;
  return { reason: 'Renewing', message: `Renewing certificate as renewal was scheduled at ${goTime(at)}` };
};

export const isNotExpired: Check = ({ issued }, now) => {
  const { value, fault } = issued();
  if (value === undefined) return invalidCertificate(fault);
  if (now <= value.notAfter) return undefined;
  return { reason: 'Expired', message: `Certificate expired on ${rfc1123(value.notAfter)}` };
};
