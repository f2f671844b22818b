import type { DomainName } from '../core/domain-name.ts';
import { parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import type { ChallengeAnswer } from '../issuance/order-record.ts';

const PREFIX = '_acme-challenge.';

/** The values of each domain, each once, in the order given; the apex and its wildcard share a domain. */
export function answersByDomain(answers: readonly ChallengeAnswer[]): ReadonlyMap<DomainName, readonly string[]> {
  const groups = new Map<DomainName, string[]>();
  for (const { name, value } of answers) {
    const domain = domainOf(name);
    const values = groups.get(domain) ?? [];
    if (!values.includes(value)) values.push(value);
    groups.set(domain, values);
  }
  return groups;
}

function domainOf(name: DomainName): DomainName {
  if (!name.startsWith(PREFIX)) {
    throw new DomainError('invalid-name', `${name} is not a name for a DNS-01 answer: those begin with ${PREFIX}`);
  }
  return parseDomainName(name.slice(PREFIX.length));
}
