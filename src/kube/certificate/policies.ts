import type { CertificateState } from './certificate-state.ts';
import { isNotDue, isNotExpired } from './lifetime-checks.ts';
import { keyIsOfRequest, requestFitsSpec } from './request-checks.ts';
import {
  certificateNameIsRight,
  issuerIsRight,
  keyFitsSpec,
  keyPairBelongsTogether,
  secretExists,
  secretHasData,
} from './secret-checks.ts';
import type { Check } from './secret-checks.ts';
import type { Violation } from './violation.ts';

// Chains of checks, in cert-manager's order: the first that fails says why. Pure: what is looked at was gathered before, and the time is a parameter.

const USABLE: readonly Check[] = [secretExists, secretHasData, keyPairBelongsTogether];
const AS_WANTED: readonly Check[] = [
  ...USABLE,
  issuerIsRight,
  certificateNameIsRight,
  keyFitsSpec,
  keyIsOfRequest,
  requestFitsSpec,
];
const TRIGGER: readonly Check[] = [...AS_WANTED, isNotDue];
const READINESS: readonly Check[] = [...AS_WANTED, isNotExpired];

/** Why a new certificate has to be issued; undefined when none has to. */
export function triggerViolation(state: CertificateState, now: number): Violation | undefined {
  return first(TRIGGER, state, now);
}

/** Why the Certificate is not ready; undefined when it is. A renewal that is due or fails does not matter before the certificate ends. */
export function readinessViolation(state: CertificateState, now: number): Violation | undefined {
  return first(READINESS, state, now);
}

/** Why a temporary certificate has to be put into the Secret, where one is asked for; undefined when there is a key pair in it. */
export function temporaryViolation(state: CertificateState, now: number): Violation | undefined {
  return first(USABLE, state, now);
}

/** The message of Ready=True. */
export const READY_MESSAGE = 'Certificate is up to date and has not expired';

function first(checks: readonly Check[], state: CertificateState, now: number): Violation | undefined {
  for (const check of checks) {
    const violation = check(state, now);
    if (violation !== undefined) return violation;
  }
  return undefined;
}
