import type { Authorization } from '../acme/authorization.ts';
import type { Order } from '../acme/order.ts';
import { AcmeError } from '../acme/problem.ts';
import { errorOfProblem } from '../acme/refusal.ts';
import type { AcmeCalls } from './acme-calls.ts';
import { inParallel } from './in-parallel.ts';
import { abandoned, describeAuthorizations, failureOf } from './order-failure.ts';
import type { OrderEnd } from './order-failure.ts';

/**
 * The CA called the order invalid. What it saw at a domain stands in that domain's challenge, and says more than the order's own error,
 * which some CAs leave out.
 */
export async function whyInvalid(seen: Order, acme: AcmeCalls, signal: AbortSignal): Promise<OrderEnd> {
  const authorizations = await inParallel(seen.authorizationUrls, (url) => readAuthorization(url, acme, signal));
  return reason(
    seen,
    authorizations.filter((found) => found !== undefined),
  );
}

function reason(seen: Order, authorizations: readonly Authorization[]): OrderEnd {
  const refused = describeAuthorizations(authorizations);
  if (refused.kind === 'failed') return refused;
  if (seen.error !== undefined) {
    const names = seen.identifiers.map(({ value }) => value);
    const whose = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
    const failure = failureOf(errorOfProblem(seen.error, `the CA could not sign the certificate for ${whose}`));
    return { kind: 'failed', failure };
  }
  const usable = authorizations.every(({ status }) => status === 'pending' || status === 'valid');
  return usable ? abandoned('the order is invalid at the CA, which gives no reason; it may have expired') : refused;
}

async function readAuthorization(
  url: string,
  acme: AcmeCalls,
  signal: AbortSignal,
): Promise<Authorization | undefined> {
  try {
    return await acme.getAuthorization(url, signal);
  } catch (error) {
    if (error instanceof AcmeError && (error.status === 404 || error.retry.kind === 'never')) return undefined;
    throw error;
  }
}
