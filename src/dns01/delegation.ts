import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import type { NameServer } from '../dns/query.ts';
import type { DelegationChecker } from '../issuance/ports.ts';
import type { Ask } from './ask.ts';

/** Authoritative servers given by hand for a zone: for servers on other ports, and for split horizon. */
export type Routes = ReadonlyMap<DomainName, readonly NameServer[]>;

export interface DelegationCheckerOptions {
  readonly resolvers: readonly NameServer[];
  readonly routes?: Routes | undefined;
  readonly clock: Clock;
  /** Default: `query` of dns/. */
  readonly ask?: Ask | undefined;
}
export function createDelegationChecker(_options: DelegationCheckerOptions): DelegationChecker {
  throw new Error('being built');
}
