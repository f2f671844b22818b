import type { Clock } from '../core/clock.ts';
import type { NameServer } from '../dns/query.ts';
import type { Authorities } from './authorities.ts';
import type { FaultPlan } from './faults.ts';
import type { Nonces } from './nonces.ts';
import type { CaState } from './state.ts';

/** How the CA behaves; durations in ms. */
export interface CaPolicy {
  readonly certificateLifetime: number;
  readonly orderLifetime: number;
  readonly authorizationLifetime: number;
  /** How long an order stays `processing` after finalize. */
  readonly processingTime: number;
  /** Seconds in Retry-After of orders, authorizations and challenges that are not settled; undefined sends none. */
  readonly retryAfter: number | undefined;
  /** How long a DNS server that cannot be reached is asked again before a validation fails, as resolvers do. */
  readonly lookupPatience: number;
  /** A new order takes over authorizations that are still valid, as public CAs do. */
  readonly reuseAuthorizations: boolean;
  /** Name and lifetime of each profile offered; empty offers none. */
  readonly profiles: Readonly<Record<string, number>>;
  /** MAC keys (base64url) by key id; when there is any, new accounts must be bound to one (RFC 8555 section 7.3.4). */
  readonly externalAccounts: Readonly<Record<string, string>>;
}

/** What every resource of the CA works with. */
export interface CaContext {
  /** `https://host:port`, in front of every path. */
  readonly base: string;
  readonly clock: Clock;
  readonly resolver: NameServer;
  readonly policy: CaPolicy;
  readonly authorities: Authorities;
  readonly state: CaState;
  readonly nonces: Nonces;
  readonly faults: FaultPlan;
  /** Goes on with something after the answer was sent; ended by the signal when the CA stops. */
  readonly later: (task: (signal: AbortSignal) => Promise<void>) => void;
}
