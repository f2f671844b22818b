import type { Cause, StatusTimes } from './certificate-status.ts';
import { certificateState } from './certificate-state.ts';
import type { CertificateState, GatheredCertificate } from './certificate-state.ts';
import { readinessViolation } from './policies.ts';
import { chosenByCa, renewalPlan } from './renewal-time.ts';
import { isTemporary } from './temporary-certificate.ts';

export interface Readiness {
  readonly violation: Cause | undefined;
  readonly times: StatusTimes;
  /** Why the renewal windows of the spec cannot be kept. */
  readonly windowError: string | undefined;
  /** Read once, for whoever asks more. */
  readonly state: CertificateState;
}

const NO_TIMES: StatusTimes = { notBefore: undefined, notAfter: undefined, renewalTime: undefined };

/** Whether the Secret has what the Certificate asks for, and for how long. Pure; `now` is ms since the epoch. */
export function judgeReadiness(gathered: GatheredCertificate, now: number): Readiness {
  const state = certificateState(gathered);
  const issued = gathered.secret === undefined ? undefined : state.issued().value;
  if (gathered.secret === undefined || issued === undefined) {
    return { violation: readinessViolation(state, now), times: NO_TIMES, windowError: undefined, state };
  }
  const plan = renewalPlan(issued, gathered.certificate.spec);
  const times = {
    notBefore: issued.notBefore,
    notAfter: issued.notAfter,
    renewalTime: plan.kind === 'never' ? undefined : (chosenByCa(gathered.certificate.status, issued) ?? plan.at),
  };
  const violation = readinessViolation(state, now) ?? (isTemporary(issued) ? TEMPORARY : undefined);
  return { violation, times, windowError: plan.kind === 'at' ? plan.windowError : undefined, state };
}

const TEMPORARY: Cause = {
  reason: 'DoesNotExist',
  message: 'Issuing certificate as Secret only holds a temporary certificate',
};
