import type { DomainName } from '../core/domain-name.ts';
import type { PendingChallenge } from './order-record.ts';

/** The challenges with each name once: apex and wildcard share one. */
export function namesOf<C extends { readonly name: DomainName }>(challenges: readonly C[]): C[] {
  return [...new Map(challenges.map((challenge) => [challenge.name, challenge])).values()];
}

/** The domain whose control a challenge shows. */
export function domainOf({ name }: Pick<PendingChallenge, 'name'>): DomainName {
  return name.replace(/^_acme-challenge\./, '') as DomainName;
}
