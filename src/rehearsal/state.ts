import type { CertificateName, DomainName } from '../core/domain-name.ts';
import type { AccountKey } from './account-key.ts';
import type { Problem } from './problem.ts';

/** What the CA knows, in memory only; a stopped CA has forgotten everything. Times are ms since the epoch. */
export interface CaState {
  readonly accounts: Map<string, Account>;
  readonly orders: Map<string, Order>;
  readonly authorizations: Map<string, Authorization>;
  readonly challenges: Map<string, { readonly challenge: Challenge; readonly authorization: Authorization }>;
  readonly certificates: Map<string, IssuedRecord>;
}

export interface Account {
  readonly id: string;
  key: AccountKey;
  status: 'valid' | 'deactivated';
  contact: readonly string[];
  /** Order ids, oldest first. */
  readonly orders: string[];
}

export interface Order {
  readonly id: string;
  readonly account: Account;
  readonly names: readonly CertificateName[];
  readonly authorizations: readonly Authorization[];
  readonly profile: string | undefined;
  readonly replaces: string | undefined;
  expires: number;
  status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  error?: Problem;
  certificate?: IssuedRecord;
}

export type AuthorizationStatus = 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';

export interface Authorization {
  readonly id: string;
  readonly account: Account;
  readonly name: DomainName;
  readonly wildcard: boolean;
  readonly challenges: readonly Challenge[];
  status: AuthorizationStatus;
  expires: number;
}

export interface Challenge {
  readonly id: string;
  readonly type: 'dns-01' | 'dns-persist-01';
  /** Absent where the type has none: clients must not insist on one. */
  readonly token: string | undefined;
  status: 'pending' | 'processing' | 'valid' | 'invalid';
  validated?: number;
  error?: Problem;
}

export interface IssuedRecord {
  readonly id: string;
  readonly account: Account;
  readonly names: readonly string[];
  /** The leaf, PEM and DER. */
  readonly leaf: string;
  readonly der: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  revokedAt?: number;
  replacedBy?: Order;
}

/**
 * Forgets the oldest orders beyond `limit`, with all that belongs to them: a chain that stays up renews for ever. An authorization
 * that a later order has taken over goes too; its own order is what keeps it.
 */
export function forgetOldOrders(state: CaState, limit: number): void {
  for (const order of state.orders.values()) {
    if (state.orders.size <= limit) return;
    state.orders.delete(order.id);
    order.account.orders.splice(order.account.orders.indexOf(order.id), 1);
    if (order.certificate !== undefined) state.certificates.delete(order.certificate.id);
    for (const authorization of order.authorizations) {
      state.authorizations.delete(authorization.id);
      for (const challenge of authorization.challenges) state.challenges.delete(challenge.id);
    }
  }
}

export function createState(): CaState {
  return {
    accounts: new Map(),
    orders: new Map(),
    authorizations: new Map(),
    challenges: new Map(),
    certificates: new Map(),
  };
}
