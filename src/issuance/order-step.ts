import type { Clock } from '../core/clock.ts';
import type { EventSink } from '../telemetry/event.ts';
import type { AcmeCalls } from './acme-calls.ts';
import type { OrderFailure, OrderOutcome, OrderRecord, OrderState } from './order-record.ts';
import { inState } from './order-record.ts';
import type { Delivery, OrderStore, Presenter, RenewalStore } from './ports.ts';

/** What one order needs to come further. */
export interface OrderDeps {
  readonly store: OrderStore;
  readonly acme: AcmeCalls;
  readonly presenter: Presenter;
  readonly delivery: Delivery;
  readonly renewals: RenewalStore;
  readonly clock: Clock;
  readonly emit: EventSink;
  /** In [0, 1); for jitter. */
  readonly random: () => number;
}

/**
 * How one step ended. `again`: call once more with `order`, `after` that many ms; with `early` the call may come sooner when the CA was
 * seen looking. `done` and `failed`: the order is no longer in the store, and what became of it is recorded.
 */
export type OrderStep =
  | { readonly kind: 'again'; readonly order: OrderRecord; readonly after: number; readonly early: boolean }
  | { readonly kind: 'done'; readonly outcome: OrderOutcome }
  | { readonly kind: 'failed'; readonly failure: OrderFailure; readonly notBefore: number | undefined };

/** One state's part of the flow: at most one outward effect, announced in the store before and recorded after. */
export type Step<S extends OrderState['step']> = (
  order: OrderIn<S>,
  deps: OrderDeps,
  signal: AbortSignal,
) => Promise<OrderStep>;

export type OrderIn<S extends OrderState['step']> = OrderRecord & { readonly state: Extract<OrderState, { step: S }> };

/** Stores the order in its next state and goes on at once. */
export async function goOn(order: OrderRecord, state: OrderState, deps: OrderDeps): Promise<OrderStep> {
  return again(await store(order, state, deps), 0);
}

/** Stores the order in its next state. */
export async function store<S extends OrderState>(
  order: OrderRecord,
  state: S,
  deps: OrderDeps,
): Promise<OrderRecord & { readonly state: S }> {
  const next = inState(order, state);
  await deps.store.saveOrder(next);
  return next;
}

export function again(order: OrderRecord, after: number, early = false): OrderStep {
  return { kind: 'again', order, after, early };
}
