import { AcmeError } from '../acme/problem.ts';
import { DomainError } from '../core/error.ts';
import type { AcmeCalls } from './acme-calls.ts';
import { advanceOrder } from './advance-order.ts';
import { backoff } from './backoff.ts';
import { abandoned } from './order-failure.ts';
import { earlyPause } from './early-pause.ts';
import { inState } from './order-record.ts';
import type { OrderFailure, OrderOutcome, OrderRecord, OrderState } from './order-record.ts';
import type { OrderDeps } from './order-step.ts';
import { createQuestionTracker } from './question-tracker.ts';
import type { WatchQuestions } from './question-watch.ts';
import { endOrder } from './steps/end-order.ts';

/** A fault that may pass is met again this often before the order is left for later. */
const MOST_FAULTS = 5;
const FIRST_PAUSE = 500;
/** A CA that says "not before" is waited for here when it is no longer than this. */
const LONGEST_PAUSE = 30_000;

/** What is left to do in these states is ours alone, and is done while the CA is away as well. */
const NEEDS_NO_CA: ReadonlySet<OrderState['step']> = new Set(['issued', 'cleaning', 'failing']);

export interface DriveDeps extends Omit<OrderDeps, 'acme'> {
  /** Opens the account at the CA; with `again` the CA has forgotten it and it is registered anew. */
  readonly openAcme: (again: boolean, signal: AbortSignal) => Promise<AcmeCalls>;
  readonly watchQuestions?: WatchQuestions | undefined;
}

/** `tidied` is false when challenge answers could not be taken away; the order is kept for that. */
export type Driven =
  | { readonly kind: 'done'; readonly outcome: OrderOutcome; readonly tidied: boolean }
  | { readonly kind: 'failed'; readonly failure: OrderFailure; readonly notBefore: number | undefined };

/**
 * Calls advanceOrder until the order is over, waiting between the steps no longer than needed: when our DNS server saw the CA ask for
 * all names, the CA is asked at once.
 * @throws what advanceOrder throws when it does not pass; the order stays in the store and can be driven again
 */
export async function driveOrder(begun: OrderRecord, deps: DriveDeps, signal: AbortSignal): Promise<Driven> {
  let acme: AcmeCalls | undefined;
  let order = begun;
  let faults = 0;
  let registeredAgain = false;
  const questions = createQuestionTracker(deps.watchQuestions, deps.emit);
  try {
    for (;;) {
      // Outside the retries below: a CA that cannot be reached at all is better said at once.
      if (!NEEDS_NO_CA.has(order.state.step)) acme ??= await deps.openAcme(false, signal);
      try {
        questions.follow(order);
        const step = await advanceOrder(order, { ...deps, acme: acme ?? noAccount }, { signal });
        if (step.kind === 'done') return { ...step, tidied: true };
        if (step.kind === 'failed') return step;
        faults = 0;
        order = step.order;
        if (step.after > 0)
          await earlyPause(step.after, step.early ? questions.early() : undefined, deps.clock, signal);
      } catch (error) {
        signal.throwIfAborted();
        order = (await deps.store.loadOrder(order.certificate.id)) ?? order;
        if (!registeredAgain && isAccountLost(error)) {
          registeredAgain = true;
          acme = await deps.openAcme(true, signal);
          order = await forgetOrder(order, { ...deps, acme });
          continue;
        }
        faults += 1;
        const wait = pauseAfter(error, faults, deps);
        if (wait !== undefined) await deps.clock.sleep(wait, signal);
        else return await leaveUntidied(order, error, deps);
      }
    }
  } finally {
    questions.stop();
  }
}

/** What a lost account ordered is lost with it. */
async function forgetOrder(order: OrderRecord, deps: OrderDeps): Promise<OrderRecord> {
  if (order.state.step === 'ordering') return order;
  const step = await endOrder(order, abandoned('the CA has forgotten the account that made the order'), deps);
  return step.kind === 'again' ? step.order : order;
}

function isAccountLost(error: unknown): boolean {
  return error instanceof AcmeError && error.code === 'acme-account-does-not-exist';
}

/** undefined: it is not worth another try now. */
function pauseAfter(error: unknown, faults: number, deps: DriveDeps): number | undefined {
  if (!(error instanceof DomainError) || error.code === 'order-timeout' || faults >= MOST_FAULTS) return undefined;
  switch (error.retry.kind) {
    case 'never':
      return undefined;
    case 'after': {
      const wait = error.retry.at - deps.clock.now();
      return wait <= LONGEST_PAUSE ? Math.max(wait, 0) : undefined;
    }
    case 'backoff':
    default:
      return FIRST_PAUSE * 2 ** (faults - 1) * (1 + deps.random() / 4);
  }
}

/**
 * Answers that cannot be taken away change nothing about the order: the certificate is delivered, or the failure is what counts. The
 * order is kept so that they are taken away later.
 * @throws `error` when the order was not at its end
 */
async function leaveUntidied(order: OrderRecord, error: unknown, deps: DriveDeps): Promise<Driven> {
  const { state } = order;
  const retryAt = deps.clock.now() + backoff(1, deps.random());
  if (state.step === 'cleaning') {
    await deps.store.saveOrder(inState(order, { ...state, retryAt }));
    return { kind: 'done', outcome: state.outcome, tidied: false };
  }
  const attempts = await deps.store.loadAttempts(order.certificate.id);
  if (state.step === 'failing' && attempts?.countedOrder === order.createdAt) {
    const { orderUrl, challenges, failure } = state;
    const outcome = { kind: 'abandoned' as const, code: failure.code, message: failure.message };
    await deps.store.saveOrder(inState(order, { step: 'cleaning', orderUrl, challenges, outcome, retryAt }));
    return { kind: 'failed', failure, notBefore: attempts.notBefore };
  }
  throw error;
}

async function notOpened(): Promise<never> {
  throw new Error('this step was not expected to need the CA');
}

const noAccount: AcmeCalls = {
  createOrder: notOpened,
  getOrder: notOpened,
  listOrders: notOpened,
  finalizeOrder: notOpened,
  getAuthorization: notOpened,
  acceptChallenge: notOpened,
  downloadChain: notOpened,
  dns01Value: () => '',
};
