import { AcmeError } from '../acme/problem.ts';
import { abandoned, failureOf } from './order-failure.ts';
import type { OrderEnd } from './order-failure.ts';

/**
 * Whether what was thrown ends the order; undefined when trying the same again may help. `orderExists`: the CA had made it before.
 */
export function endOfOrder(error: unknown, orderExists: boolean): OrderEnd | undefined {
  if (!(error instanceof AcmeError)) return undefined;
  // The account has to be registered again first; whoever drives the order does that.
  if (error.code === 'acme-account-does-not-exist') return undefined;
  if (orderExists && (error.status === 404 || error.status === 410)) {
    return abandoned(`the CA does not know the order any more: ${error.message}`);
  }
  return error.retry.kind === 'never' ? { kind: 'failed', failure: failureOf(error) } : undefined;
}
