import { baseName, challengeName, parseCertificateName } from '../../core/domain-name.ts';
import type { CertificateName, DomainName } from '../../core/domain-name.ts';
import { DomainError } from '../../core/error.ts';
import type { ChallengeSolver } from '../schema/challenge-solver.ts';
import type { Order } from '../schema/order.ts';
import type { Answers } from './answers.ts';
import type { OpenIssuer } from './issuer-accounts.ts';
import type { OpenAnswers } from './open-answers.ts';
import { chooseSolver } from './solver-choice.ts';

/** How control of one name of an order is shown. */
export interface SolvedName {
  readonly name: CertificateName;
  readonly domain: DomainName;
  readonly solver: ChallengeSolver;
  readonly answers: Answers;
}

export type NamesOrFault =
  | { readonly kind: 'names'; readonly names: readonly SolvedName[] }
  /** The order can never succeed. */
  | { readonly kind: 'impossible'; readonly message: string }
  /** Not before a person changes the issuer. */
  | { readonly kind: 'unsolved'; readonly message: string };

/** All names of an order with their solvers. */
export function solveNames(order: Order, open: OpenIssuer, openAnswers: OpenAnswers): NamesOrFault {
  const { dnsNames = [], ipAddresses = [] } = order.spec;
  const [address] = ipAddresses;
  if (address !== undefined) {
    const message = `the IP address ${address} cannot be shown to be yours by DNS-01, which is what evercert does; leave ipAddresses away`;
    return { kind: 'impossible', message };
  }
  const names: SolvedName[] = [];
  const unsolved: string[] = [];
  try {
    for (const text of dnsNames) {
      const name = parseCertificateName(text);
      // One that is so long that its challenge has no name cannot be validated either.
      void challengeName(name);
      const solved = solveName(name, order, open, openAnswers);
      if ('message' in solved) unsolved.push(`${name} cannot be validated: ${solved.message}`);
      else names.push(solved);
    }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { kind: 'impossible', message: error.message };
  }
  if (names.length === 0 && unsolved.length === 0) return { kind: 'impossible', message: 'the order is for no name' };
  return unsolved.length > 0 ? { kind: 'unsolved', message: unsolved.join('\n') } : { kind: 'names', names };
}

export function solveName(
  name: CertificateName,
  order: Order,
  { acme, scope }: Pick<OpenIssuer, 'acme' | 'scope'>,
  openAnswers: OpenAnswers,
): SolvedName | { readonly message: string } {
  const domain = baseName(name);
  const wildcard = name.startsWith('*.');
  const solver = chooseSolver(acme.solvers, { dnsName: domain, wildcard, labels: order.metadata.labels ?? {} });
  if (solver === undefined) {
    return { message: 'no solver of the issuer is for it; add one, or let the selector of one fit' };
  }
  const answers = openAnswers(solver, scope);
  return 'message' in answers ? { message: answers.message } : { name, domain, solver, answers };
}
