import { DomainError, messageOf } from '../core/error.ts';
import { nextAttempt } from './backoff.ts';
import { beginOrder } from './begin-order.ts';
import { driveFor } from './drive-for.ts';
import type { IssueDeps, IssueOptions } from './issue-deps.ts';
import { OrderFailed } from './order-failed.ts';
import type { CertificateRequest } from './order-record.ts';
import type { CertificateFacts } from './ports.ts';
import { requestFingerprint } from './request-fingerprint.ts';
import { leftoversOf, resumeOrder } from './resume-order.ts';

export type { IssueDeps, IssueOptions } from './issue-deps.ts';

/** Orders that may turn out to be gone at the CA, one after the other, before that counts as a failure. */
const MOST_ABANDONED = 2;
/** A fault that is no verdict of the CA about the request (network, our own parts) is tried again after this at the latest. */
const LONGEST_WAIT = 3_600_000;

export interface Issued {
  readonly facts: CertificateFacts;
  /** PEM, leaf first. */
  readonly chain: string;
  /** False when challenge answers could not be taken away yet: planCertificate asks for tidyUp later. */
  readonly tidied: boolean;
}

/**
 * Gets one certificate, from the look at the delegation to its delivery. An order that was in flight is taken up where it was left; an
 * order for something that is no longer wanted is given up. Failures are counted (see Attempts) and told before they are thrown, but
 * for a missing CNAME, which costs nothing. When `signal` aborts, the order stays as it is and the next call goes on with it.
 * @throws DomainErrors `cname-missing`; DomainError and AcmeError with the reason in words
 */
export async function issueCertificate(
  request: CertificateRequest,
  deps: IssueDeps,
  options: IssueOptions,
): Promise<Issued> {
  try {
    return await issue(request, deps, options);
  } catch (error) {
    options.signal.throwIfAborted();
    const retryAt = error instanceof OrderFailed ? error.notBefore : await countFault(request, error, deps);
    const code = error instanceof DomainError ? error.code : 'internal';
    deps.emit({ type: 'issuance.failed', certificate: request.id, code, message: messageOf(error), retryAt });
    throw error;
  }
}

/** Takes away what a finished order left in DNS, and nothing else. The result says whether it succeeded. */
export async function tidyUp(request: CertificateRequest, deps: IssueDeps, { signal }: IssueOptions): Promise<boolean> {
  const order = await deps.store.loadOrder(request.id);
  if (order === undefined) return true;
  if (order.state.step !== 'cleaning' && order.state.step !== 'failing') return false;
  const driven = await driveFor(order, request, deps, signal);
  return driven.kind === 'done' ? driven.tidied : (await deps.store.loadOrder(request.id)) === undefined;
}

async function issue(request: CertificateRequest, deps: IssueDeps, { signal, wait }: IssueOptions): Promise<Issued> {
  const resumed = await resumeOrder(request, deps, signal);
  if (resumed.kind === 'issued') return resultOf(request, resumed.tidied, deps);
  let { leftovers } = resumed;
  for (let abandonedOrders = 0; ;) {
    const order = await beginOrder(request, leftovers, deps, { signal, wait });
    const driven = await driveFor(order, request, deps, signal);
    if (driven.kind === 'failed') throw new OrderFailed(driven);
    if (driven.outcome.kind === 'delivered') return resultOf(request, driven.tidied, deps);
    abandonedOrders += 1;
    if (abandonedOrders >= MOST_ABANDONED) {
      throw new DomainError(driven.outcome.code, driven.outcome.message, { retry: { kind: 'backoff' } });
    }
    leftovers = await leftoversOf(request, deps);
  }
}

async function resultOf(request: CertificateRequest, tidied: boolean, deps: IssueDeps): Promise<Issued> {
  const current = await deps.delivery.current(request.id);
  if (current === undefined) {
    throw new DomainError(
      'certificate-not-in-place',
      `the certificate ${request.id} was delivered and is not there any more`,
      {
        retry: { kind: 'backoff' },
      },
    );
  }
  return { facts: current.facts, chain: current.chain, tidied };
}

/** Returns when the next try may be made. */
async function countFault(request: CertificateRequest, error: unknown, deps: IssueDeps): Promise<number | undefined> {
  if (error instanceof DomainError && error.code === 'cname-missing') return undefined;
  const after = error instanceof DomainError && error.retry.kind === 'after' ? error.retry.at : undefined;
  const code = error instanceof DomainError ? error.code : 'internal';
  const attempts = nextAttempt(await deps.store.loadAttempts(request.id), {
    failure: { code, message: messageOf(error), notBefore: after, permanent: false },
    fingerprint: requestFingerprint(request),
    now: deps.clock.now(),
    random: deps.random(),
    longest: LONGEST_WAIT,
  });
  await deps.store.saveAttempts(request.id, attempts);
  return attempts.notBefore;
}
