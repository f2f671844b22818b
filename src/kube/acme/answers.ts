import type { DomainName } from '../../core/domain-name.ts';
import type { ChallengeAnswer } from '../../issuance/order-record.ts';
import type { DelegationChecker } from '../../issuance/ports.ts';

/** Whose names they are: answers of one tenant must never be reached through the CNAME of another. */
export interface AnswerScope {
  /** Where the Secrets of the issuer are. */
  readonly namespace: string;
  /** `Issuer`: the names belong to its namespace. `ClusterIssuer`: to the cluster. */
  readonly kind: 'Issuer' | 'ClusterIssuer';
}

/** How the challenges of one solver are answered. Two ways exist: our own DNS server, and somebody's acme-dns server. */
export interface Answers {
  /** Equal only where a domain has the same target: what is known of a delegation is known for one place. */
  readonly place: string;
  /** The challenge objects themselves are what is served: each carries where (ANSWER_AT). */
  readonly own: boolean;
  /** Who looks at the delegations, where the solver names resolvers of its own; undefined: who looks at all others. */
  readonly checker?: DelegationChecker | undefined;
  /** Where the CNAME of a domain must lead; registers the domain where that is needed. Always the same. */
  target(domain: DomainName, signal: AbortSignal): Promise<DomainName>;
  /** When it resolves, the value is being served at the target. Twice is as once. */
  present(answer: ChallengeAnswer, target: DomainName, signal: AbortSignal): Promise<void>;
  remove(answer: ChallengeAnswer, signal: AbortSignal): Promise<void>;
}

/** Annotation of a Challenge: the name that our DNS servers answer its value at. */
export const ANSWER_AT = 'acme.evercert.dev/answer-at';
