import { fromTime, toTime, withCondition, withoutCondition } from '../conditions.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateStatus } from '../schema/certificate-status.ts';

// What a Certificate's status becomes, step by step. Nothing is written here: a reconcile puts together what it found out, and writes once.

export const READY_MESSAGE = 'Certificate is up to date and has not expired';
const WAITING = ' (waiting: ';

/** Why a Certificate is not as it should be: the words of the conditions Ready and Issuing. */
export interface Violation {
  readonly reason: string;
  readonly message: string;
}

/** When the certificate in the Secret is valid, and when it is to be renewed. ms since the epoch; undefined when there is none. */
export interface Lifetime {
  readonly notBefore: number | undefined;
  readonly notAfter: number | undefined;
  readonly renewalTime: number | undefined;
}

export function withReadiness(
  certificate: Certificate,
  status: CertificateStatus,
  found: { readonly violation: Violation | undefined; readonly lifetime: Lifetime },
  now: number,
): CertificateStatus {
  const { violation, lifetime } = found;
  const condition = {
    type: 'Ready',
    status: violation === undefined ? 'True' : 'False',
    reason: violation?.reason ?? 'Ready',
    message: violation?.message ?? READY_MESSAGE,
    observedGeneration: certificate.metadata.generation ?? 0,
  } as const;
  return withLifetime({ ...status, conditions: [...withCondition(status.conditions, condition, now)] }, lifetime);
}

function withLifetime(status: CertificateStatus, lifetime: Lifetime): CertificateStatus {
  const { notBefore: _, notAfter: __, renewalTime: ___, ...rest } = status;
  return {
    ...rest,
    ...timeMember('notBefore', lifetime),
    ...timeMember('notAfter', lifetime),
    ...timeMember('renewalTime', lifetime),
  };
}

function timeMember(name: keyof Lifetime, lifetime: Lifetime): { [K in keyof Lifetime]?: string } {
  const time = lifetime[name];
  return time === undefined ? {} : { [name]: toTime(time) };
}

/** An issuance begins. The name of the Secret for its key is stored together with it. */
export function withIssuing(
  certificate: Certificate,
  status: CertificateStatus,
  violation: Violation,
  nextKeyName: string,
  now: number,
): CertificateStatus {
  const condition = {
    type: 'Issuing',
    status: 'True',
    ...violation,
    observedGeneration: certificate.metadata.generation ?? 0,
  } as const;
  return {
    ...status,
    nextPrivateKeySecretName: nextKeyName,
    conditions: [...withCondition(status.conditions, condition, now)],
  };
}

/** What an issuance waits for stands behind why it began, so that nobody has to look through four kinds of objects for it. */
export function withWaiting(status: CertificateStatus, waiting: string | undefined): CertificateStatus {
  return {
    ...status,
    conditions: status.conditions?.map((condition) => {
      if (condition.type !== 'Issuing') return condition;
      const [began = ''] = (condition.message ?? '').split(WAITING);
      return { ...condition, message: waiting === undefined ? began : `${began}${WAITING}${waiting})` };
    }),
  };
}

/** The issuance is over, and well. */
export function withIssued(status: CertificateStatus, revision: number): CertificateStatus {
  const { lastFailureTime: _, failedIssuanceAttempts: __, nextPrivateKeySecretName: ___, ...rest } = status;
  return { ...rest, revision, conditions: [...withoutCondition(status.conditions, 'Issuing')] };
}

/** The issuance has failed; the next one begins later. */
export function withFailure(
  certificate: Certificate,
  status: CertificateStatus,
  failure: Violation,
  now: number,
): CertificateStatus {
  const { nextPrivateKeySecretName: _, ...rest } = status;
  const condition = {
    type: 'Issuing',
    status: 'False',
    ...failure,
    observedGeneration: certificate.metadata.generation ?? 0,
  } as const;
  return {
    ...rest,
    lastFailureTime: toTime(now),
    failedIssuanceAttempts: (status.failedIssuanceAttempts ?? 0) + 1,
    conditions: [...withCondition(status.conditions, condition, now)],
  };
}

export function withoutNextKey(status: CertificateStatus): CertificateStatus {
  const { nextPrivateKeySecretName: _, ...rest } = status;
  return rest;
}

/** Since when it is being issued, ms since the epoch; undefined when it is not. */
export function issuingSince({ status }: Certificate): number | undefined {
  const issuing = status?.conditions?.find(({ type }) => type === 'Issuing');
  return issuing?.status === 'True' ? (fromTime(issuing.lastTransitionTime) ?? 0) : undefined;
}
