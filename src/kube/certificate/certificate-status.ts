import { fromTime, toTime, withCondition, withoutCondition } from '../conditions.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateStatus } from '../schema/certificate-status.ts';
import { READY_MESSAGE } from './policies.ts';

// What a Certificate's status becomes, step by step. Nothing is written here: a reconcile puts together what it found out, and writes once.

const WAITING = ' (waiting: ';

/** The words of the conditions Ready and Issuing: a violation of a policy, or what has become of a request. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
}

/** When the certificate in the Secret is valid, and when it is to be renewed. ms since the epoch; undefined when there is none. */
export interface StatusTimes {
  readonly notBefore: number | undefined;
  readonly notAfter: number | undefined;
  readonly renewalTime: number | undefined;
}

export function withReadiness(
  certificate: Certificate,
  status: CertificateStatus,
  found: { readonly violation: Cause | undefined; readonly times: StatusTimes },
  now: number,
): CertificateStatus {
  const { violation, times } = found;
  const condition = {
    type: 'Ready',
    status: violation === undefined ? 'True' : 'False',
    reason: violation?.reason ?? 'Ready',
    message: violation?.message ?? READY_MESSAGE,
    observedGeneration: certificate.metadata.generation ?? 0,
  } as const;
  return withTimes({ ...status, conditions: [...withCondition(status.conditions, condition, now)] }, times);
}

function withTimes(status: CertificateStatus, times: StatusTimes): CertificateStatus {
  const { notBefore: _, notAfter: __, renewalTime: ___, ...rest } = status;
  return {
    ...rest,
    ...timeMember('notBefore', times),
    ...timeMember('notAfter', times),
    ...timeMember('renewalTime', times),
  };
}

function timeMember(name: keyof StatusTimes, times: StatusTimes): { [K in keyof StatusTimes]?: string } {
  const time = times[name];
  return time === undefined ? {} : { [name]: toTime(time) };
}

/** An issuance begins. The name of the Secret for its key is stored together with it. */
export function withIssuing(
  certificate: Certificate,
  status: CertificateStatus,
  cause: Cause,
  nextKeyName: string,
  now: number,
): CertificateStatus {
  const condition = {
    type: 'Issuing',
    status: 'True',
    ...cause,
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

/** The issuance is over, and well. What the CA has said about renewing the certificate before goes with it. */
export function withIssued(status: CertificateStatus, revision: number): CertificateStatus {
  const { lastFailureTime: _, failedIssuanceAttempts: __, nextPrivateKeySecretName: ___, acme: ____, ...rest } = status;
  return { ...rest, revision, conditions: [...withoutCondition(status.conditions, 'Issuing')] };
}

/** The issuance has failed; the next one begins later. */
export function withFailure(
  certificate: Certificate,
  status: CertificateStatus,
  failure: Cause,
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
