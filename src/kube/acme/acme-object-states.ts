import type { Challenge } from '../schema/challenge.ts';
import type { AcmeState } from '../schema/acme-state.ts';
import type { Order } from '../schema/order.ts';

const FAILURES: ReadonlySet<AcmeState> = new Set(['invalid', 'expired', 'errored']);

export function isFailure(state: AcmeState | undefined): boolean {
  return state !== undefined && FAILURES.has(state);
}

/** Nothing will be done about it any more. */
export function isFinal(state: AcmeState | undefined): boolean {
  return state === 'valid' || isFailure(state);
}

export function orderState({ status }: Order): AcmeState | undefined {
  return status?.state;
}

/** Also when it is valid, an order is not over before its certificate is here. */
export function isOver({ status }: Order): boolean {
  return isFailure(status?.state) || (status?.state === 'valid' && status.certificate !== undefined);
}

export function challengeState({ status }: Challenge): AcmeState | undefined {
  return status?.state;
}
