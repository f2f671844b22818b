import { driveOrder } from './drive-order.ts';
import type { Driven } from './drive-order.ts';
import type { IssueDeps } from './issue-deps.ts';
import type { CertificateRequest, OrderRecord } from './order-record.ts';

/** driveOrder with the account of the request's CA. */
export function driveFor(
  order: OrderRecord,
  request: CertificateRequest,
  deps: IssueDeps,
  signal: AbortSignal,
): Promise<Driven> {
  const { openAcme, ...rest } = deps;
  return driveOrder(order, { ...rest, openAcme: (again, during) => openAcme(request, again, during) }, signal);
}
