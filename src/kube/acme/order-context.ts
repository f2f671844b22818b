import type { AccountGates } from './account-gates.ts';
import type { AcmeDeps } from './acme-deps.ts';
import type { IssuedChains } from './issued-chains.ts';
import type { OpenIssuer } from './issuer-accounts.ts';
import type { OrderProgress } from './order-progress.ts';
import type { Order } from '../schema/order.ts';

/** Orders whose newOrder nobody can have sent yet: this process has just made them. */
export type FreshOrders = Set<string>;

/** One order that is worked on, with all that its steps need. */
export interface OrderContext {
  /** `namespace/name` */
  readonly key: string;
  readonly order: Order;
  readonly open: OpenIssuer;
  readonly progress: OrderProgress;
  readonly deps: AcmeDeps;
  readonly gates: AccountGates;
  readonly fresh: FreshOrders;
  /** UIDs of Challenges that were deleted, and are still to be seen. */
  readonly removed: Set<string>;
  readonly chains: IssuedChains;
  readonly signal: AbortSignal;
}
