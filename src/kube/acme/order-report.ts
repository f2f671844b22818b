import type { KubeObject } from '../api/object.ts';
import { isKubeError } from '../api/kube-error.ts';
import { toTime } from '../conditions.ts';
import { orderResource } from '../schema/order.ts';
import type { Order } from '../schema/order.ts';
import type { OrderStatus } from '../schema/order-fields.ts';
import type { AcmeDeps } from './acme-deps.ts';

/** As cert-manager's: who reads managedFields or the source of an event sees what he knows. */
export const ORDERS_COMPONENT = 'cert-manager-orders';

/** null takes a field away. */
export type OrderChange = { readonly [Field in keyof OrderStatus]?: OrderStatus[Field] | null };

/** Writes some fields of an order's status, if they are not so already. undefined: the order is gone. */
export async function writeOrder(
  order: Order,
  change: OrderChange,
  deps: Pick<AcmeDeps, 'client' | 'orders'>,
  signal: AbortSignal,
): Promise<Order | undefined> {
  const { namespace, name } = order.metadata;
  const body = { status: change };
  const options = { signal, subresource: 'status', fieldManager: ORDERS_COMPONENT };
  try {
    const written = await deps.client.patch(orderResource, { namespace, name }, { type: 'merge', body }, options);
    deps.orders.upsert(written);
    return written;
  } catch (error) {
    if (isKubeError(error, 'kube-not-found')) return undefined;
    throw error;
  }
}

/** Says what an order waits for: in its status, and once as an event of the order and of the Certificate that it is for. */
export async function sayWaiting(
  order: Order,
  waiting: { readonly reason: string; readonly message: string },
  deps: AcmeDeps,
  signal: AbortSignal,
): Promise<void> {
  if (order.status?.reason === waiting.message && order.status.state !== undefined) return;
  const written = await writeOrder(order, { state: 'pending', reason: waiting.message }, deps, signal);
  if (written === undefined) return;
  const event = { type: 'Warning', component: ORDERS_COMPONENT, ...waiting } as const;
  for (const about of [order, certificateOf(order, deps)]) if (about !== undefined) deps.events.record(about, event);
}

/** What its Challenges wait for, which they have told as events themselves. */
export async function passOn(
  order: Order,
  reason: string,
  deps: Pick<AcmeDeps, 'client' | 'orders'>,
  signal: AbortSignal,
): Promise<void> {
  if (order.status?.reason !== reason) await writeOrder(order, { state: 'pending', reason }, deps, signal);
}

/** It is over without a certificate. */
export async function failOrder(
  order: Order,
  failure: { readonly state: 'invalid' | 'errored'; readonly message: string },
  deps: AcmeDeps,
  signal: AbortSignal,
): Promise<void> {
  const failureTime = toTime(deps.clock.now());
  await writeOrder(order, { state: failure.state, reason: failure.message, failureTime }, deps, signal);
}

/** The Certificate whose request made the order, if one did. */
function certificateOf(order: Order, deps: Pick<AcmeDeps, 'requests' | 'certificates'>): KubeObject | undefined {
  const { namespace } = order.metadata;
  const request = ownerOf(order, 'CertificateRequest');
  const found = request === undefined ? undefined : deps.requests.get({ namespace, name: request.name });
  const certificate = found && ownerOf(found, 'Certificate');
  return certificate && deps.certificates.get({ namespace, name: certificate.name });
}

function ownerOf({ metadata }: KubeObject, kind: string) {
  return metadata.ownerReferences?.find((owner) => owner.kind === kind && owner.controller === true);
}
