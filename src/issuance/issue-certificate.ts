import { baseName } from '../core/domain-name.ts';
import { DomainError, messageOf } from '../core/error.ts';
import { certificateId } from '../pki/certificate-id.ts';
import { parseChain } from '../pki/chain.ts';
import { generateKey } from '../pki/key.ts';
import type { AcmeCalls } from './acme-calls.ts';
import { awaitDelegations } from './await-delegations.ts';
import { nextAttempt } from './backoff.ts';
import { driveOrder } from './drive-order.ts';
import type { Driven, DriveDeps } from './drive-order.ts';
import { abandoned } from './order-failure.ts';
import { inState } from './order-record.ts';
import type { CertificateRequest, ChallengeAnswer, OrderRecord } from './order-record.ts';
import type { CertificateFacts, DelegationChecker } from './ports.ts';
import { requestFingerprint } from './request-fingerprint.ts';
import { answersOf } from './steps/clean-up.ts';

/** Orders that may turn out to be gone at the CA, one after the other, before that counts as a failure. */
const MOST_ABANDONED = 2;
/** A fault that is no verdict of the CA about the request (network, our own parts) is tried again after this at the latest. */
const LONGEST_WAIT = 3_600_000;

export interface IssueDeps extends Omit<DriveDeps, 'openAcme'> {
  /** Opens the account at the CA of the request, registering it first when there is none; see ensureAcmeAccount. */
  readonly openAcme: (request: CertificateRequest, again: boolean, signal: AbortSignal) => Promise<AcmeCalls>;
  readonly delegation: DelegationChecker;
}

export interface IssueOptions {
  readonly signal: AbortSignal;
  /** How long to wait for a missing CNAME, in ms; false: not at all; left away: for ever. */
  readonly wait?: number | false | undefined;
}

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
  const driven = await drive(order, request, deps, signal);
  return driven.kind === 'done' ? driven.tidied : (await deps.store.loadOrder(request.id)) === undefined;
}

async function issue(request: CertificateRequest, deps: IssueDeps, { signal, wait }: IssueOptions): Promise<Issued> {
  const resumed = await resume(request, deps, signal);
  if (resumed.kind === 'issued') return resultOf(request, resumed.tidied, deps);
  let { leftovers } = resumed;
  for (let abandonedOrders = 0; ;) {
    const order = await begin(request, leftovers, deps, { signal, wait });
    const driven = await drive(order, request, deps, signal);
    if (driven.kind === 'failed') throw new OrderFailed(driven);
    if (driven.outcome.kind === 'delivered') return resultOf(request, driven.tidied, deps);
    abandonedOrders += 1;
    if (abandonedOrders >= MOST_ABANDONED) {
      throw new DomainError(driven.outcome.code, driven.outcome.message, { retry: { kind: 'backoff' } });
    }
    leftovers = await leftoversOf(request, deps);
  }
}

type Resumed =
  | { readonly kind: 'issued'; readonly tidied: boolean }
  | { readonly kind: 'begin'; readonly leftovers: readonly ChallengeAnswer[] };

/** Brings an order that was in flight to its end, whatever that is. */
async function resume(request: CertificateRequest, deps: IssueDeps, signal: AbortSignal): Promise<Resumed> {
  const found = await deps.store.loadOrder(request.id);
  if (found === undefined) return { kind: 'begin', leftovers: [] };
  const order = await refresh(found, request, deps);
  const { step } = order.state;
  const wasOver = step === 'cleaning' || step === 'failing';
  const wasCounted = (await deps.store.loadAttempts(request.id))?.countedOrder === order.createdAt;
  deps.emit({ type: 'order.resumed', certificate: request.id, url: orderUrlOf(order) ?? '', step });
  const driven = await drive(order, request, deps, signal);
  if (driven.kind === 'done' && driven.outcome.kind === 'delivered' && !wasOver) {
    return { kind: 'issued', tidied: driven.tidied };
  }
  // A failure that was counted before is known to whoever asks for a certificate now.
  if (driven.kind === 'failed' && !wasCounted) throw new OrderFailed(driven);
  return { kind: 'begin', leftovers: await leftoversOf(request, deps) };
}

/** The order as it can be gone on with: given up when it is for another request, and with deadlines that begin now. */
async function refresh(found: OrderRecord, request: CertificateRequest, deps: IssueDeps): Promise<OrderRecord> {
  const { state } = found;
  const isOver = state.step === 'cleaning' || state.step === 'failing';
  if (isOver || requestFingerprint(found.certificate) === requestFingerprint(request)) {
    // What is not part of the fingerprint (the preferred chain) may have changed.
    const order = { ...found, certificate: isOver ? found.certificate : request };
    return 'since' in state ? inState(order, { ...state, since: deps.clock.now() }) : order;
  }
  const outcome = abandoned('another certificate is wanted now');
  const challenges = 'challenges' in state ? state.challenges : [];
  const given = inState(found, { step: 'cleaning', orderUrl: orderUrlOf(found), challenges, outcome, retryAt: 0 });
  await deps.store.saveOrder(given);
  return given;
}

async function begin(
  request: CertificateRequest,
  leftovers: readonly ChallengeAnswer[],
  deps: IssueDeps,
  { signal, wait }: IssueOptions,
): Promise<OrderRecord> {
  const current = await deps.delivery.current(request.id);
  const known: ReadonlySet<string> = new Set(current?.facts.names.map(baseName));
  const domains = [...new Set(request.names.map(baseName))];
  const fresh = new Set(domains.filter((domain) => !known.has(domain)));
  const [privateKey] = await Promise.all([
    generateKey(request.keyType),
    awaitDelegations({ certificate: request.id, domains, fresh, wait }, deps, signal),
  ]);
  const replaces = current === undefined ? undefined : await replacedBy(request, current, deps);
  const createdAt = deps.clock.now();
  const order: OrderRecord = {
    certificate: request,
    createdAt,
    privateKey,
    replaces,
    leftovers,
    state: { step: 'created' },
  };
  await deps.store.saveOrder(order);
  return order;
}

/** RFC 9773 section 5: only the CA that issued a certificate can see it replaced. */
async function replacedBy(
  request: CertificateRequest,
  current: { chain: string; facts: CertificateFacts },
  deps: IssueDeps,
): Promise<string | undefined> {
  const renewal = await deps.renewals.loadRenewal(request.id);
  if (renewal?.ca !== request.ca || renewal.serial !== current.facts.serial) return undefined;
  try {
    const [leaf] = parseChain(current.chain);
    return leaf === undefined ? undefined : certificateId(leaf);
  } catch {
    // It only spares a rate limit; a certificate that cannot be read is all the more to be replaced.
    return undefined;
  }
}

function drive(order: OrderRecord, request: CertificateRequest, deps: IssueDeps, signal: AbortSignal): Promise<Driven> {
  const { openAcme, ...rest } = deps;
  return driveOrder(order, { ...rest, openAcme: (again, during) => openAcme(request, again, during) }, signal);
}

/** Answers of an order that is over and could not be tidied; the next order's record takes its place and keeps them. */
async function leftoversOf(request: CertificateRequest, deps: IssueDeps): Promise<readonly ChallengeAnswer[]> {
  const order = await deps.store.loadOrder(request.id);
  return order === undefined ? [] : answersOf(order);
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

function orderUrlOf({ state }: OrderRecord): string | undefined {
  return 'orderUrl' in state ? state.orderUrl : undefined;
}

/** An order that ended without a certificate; it is counted already. */
class OrderFailed extends DomainError {
  readonly notBefore: number | undefined;

  constructor({ failure, notBefore }: Extract<Driven, { kind: 'failed' }>) {
    super(failure.code, failure.message, {
      retry: notBefore === undefined ? { kind: 'never' } : { kind: 'after', at: notBefore },
    });
    this.notBefore = notBefore;
  }
}
