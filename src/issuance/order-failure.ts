import type { Authorization } from '../acme/authorization.ts';
import type { AcmeError } from '../acme/problem.ts';
import { errorOfProblem } from '../acme/refusal.ts';
import type { OrderFailure, OrderOutcome } from './order-record.ts';

/** How an order comes to an end without a certificate. */
export type OrderEnd =
  | { readonly kind: 'failed'; readonly failure: OrderFailure }
  | Extract<OrderOutcome, { kind: 'abandoned' }>;

/** A refusal of the CA as the reason why an order cannot succeed. */
export function failureOf(error: AcmeError): OrderFailure {
  return {
    code: error.code,
    message: error.message,
    notBefore: error.retry.kind === 'after' ? error.retry.at : undefined,
    permanent: error.retry.kind === 'never',
  };
}

/** An order that is over and tells nothing that a person could mend: the next one may be made at once. */
export function abandoned(message: string): Extract<OrderOutcome, { kind: 'abandoned' }> {
  return { kind: 'abandoned', code: 'order-gone', message };
}

/**
 * Why an order with these authorizations cannot go on: what the CA saw, for each domain that it refused. Authorizations that ended
 * without a refusal (expired, deactivated, revoked) only need a new order.
 */
export function describeAuthorizations(authorizations: readonly Authorization[]): OrderEnd {
  const refusals = authorizations.flatMap((authorization) => {
    const problem = authorization.challenges.find(({ error }) => error !== undefined)?.error;
    if (problem === undefined) return [];
    return [failureOf(errorOfProblem(problem, `the CA could not validate ${nameOf(authorization)}`))];
  });
  const [first] = refusals;
  if (first !== undefined) return { kind: 'failed', failure: { ...first, ...together(refusals) } };
  const over = authorizations.filter(({ status }) => status !== 'pending' && status !== 'valid');
  const list = over.map((authorization) => `${nameOf(authorization)} is ${authorization.status}`).join(', ');
  return abandoned(`the order cannot be used any more: at the CA the authorization for ${list}`);
}

/** One that only a person can mend makes the whole order so: a new order would meet it again. */
function together(refusals: readonly OrderFailure[]): Omit<OrderFailure, 'code'> {
  const instants = refusals.flatMap(({ notBefore }) => notBefore ?? []);
  return {
    message: [...new Set(refusals.map(({ message }) => message))].join('\n'),
    notBefore: instants.length === 0 ? undefined : Math.max(...instants),
    permanent: refusals.some(({ permanent }) => permanent),
  };
}

function nameOf({ identifier, wildcard }: Authorization): string {
  return wildcard ? `*.${identifier.value}` : identifier.value;
}
