import { randomBytes } from 'node:crypto';
import { accountUrl } from './accounts.ts';
import { authorizationUrl, createAuthorization, refreshAuthorization } from './authorizations.ts';
import { certificateUrl } from './certificates.ts';
import type { CaContext } from './context.ts';
import { jsonAnswer, ownedBy, requirePayload, requireReading } from './exchange.ts';
import type { AccountRequest, Answer } from './exchange.ts';
import { parseOrderNames } from './order-names.ts';
import { malformed, problemJson, Refusal, unauthorized } from './problem.ts';
import { checkReplaced } from './renewal-info.ts';
import { retryAfterHeader } from './retry-after.ts';
import { forgetOldOrders } from './state.ts';
import type { Order } from './state.ts';

const ORDERS_PER_PAGE = 3;
/** Far more than are ever under way at a time; some 10 kB each. */
const MOST_ORDERS = 5000;

/** RFC 8555 section 7.4. */
export function newOrder(ca: CaContext, request: AccountRequest): Answer {
  const { account } = request;
  const payload = requirePayload(request);
  const names = parseOrderNames(payload['identifiers']);
  if (payload['notBefore'] !== undefined || payload['notAfter'] !== undefined) {
    throw malformed('this CA chooses notBefore and notAfter itself');
  }
  const profile = parseProfile(ca, payload['profile']);
  const replaced = checkReplaced(ca, payload['replaces'], account, names);
  const order: Order = {
    id: randomBytes(8).toString('base64url'),
    account,
    names,
    authorizations: names.map((name) => createAuthorization(ca, account, name)),
    profile,
    replaces: replaced?.id,
    expires: ca.clock.now() + ca.policy.orderLifetime,
    status: 'pending',
  };
  if (replaced !== undefined) replaced.replacedBy = order;
  ca.state.orders.set(order.id, order);
  account.orders.push(order.id);
  forgetOldOrders(ca.state, MOST_ORDERS);
  return orderAnswer(ca, order, 201);
}

/** RFC 8555 section 7.4, read by POST-as-GET. */
export function getOrder(ca: CaContext, request: AccountRequest): Answer {
  requireReading(request);
  return orderAnswer(ca, orderOf(ca, request), 200);
}

/** The account's orders that are not invalid, in pages (RFC 8555 section 7.1.2.1). */
export function listOrders(ca: CaContext, request: AccountRequest): Answer {
  requireReading(request);
  if (request.id !== request.account.id)
    throw unauthorized('the orders of an account can only be read with its own key');
  const orders = request.account.orders
    .map((id) => ca.state.orders.get(id))
    .filter((order) => order !== undefined && refreshOrder(ca, order).status !== 'invalid')
    .map((order) => `${ca.base}/order/${order?.id}`);
  const cursor = Number(request.url.searchParams.get('cursor') ?? 0);
  if (!Number.isInteger(cursor) || cursor < 0) throw malformed('the cursor is none of ours');
  const next = cursor + ORDERS_PER_PAGE;
  const more = next < orders.length;
  return jsonAnswer(
    { orders: orders.slice(cursor, next) },
    more ? { links: [['next', `${accountUrl(ca, request.account)}/orders?cursor=${next}`]] } : {},
  );
}

/** The order a request is about, brought up to date. @throws Refusal */
export function orderOf(ca: CaContext, request: AccountRequest): Order {
  const order = ownedBy(request.account, ca.state.orders.get(request.id), 'order');
  if (request.faults.get('order-expired') !== undefined) order.expires = ca.clock.now();
  return refreshOrder(ca, order);
}

/** What time and the authorizations have made of an order (RFC 8555 section 7.1.6). */
export function refreshOrder(ca: CaContext, order: Order): Order {
  if (order.status !== 'pending' && order.status !== 'ready') return order;
  const statuses = order.authorizations.map((authorization) => refreshAuthorization(ca, authorization).status);
  if (ca.clock.now() >= order.expires) order.status = 'invalid';
  else if (statuses.some((status) => status !== 'pending' && status !== 'valid')) order.status = 'invalid';
  else if (statuses.every((status) => status === 'valid')) order.status = 'ready';
  // A certificate may be replaced by another order once this one cannot succeed any more (RFC 9773 section 5).
  if (order.status === 'invalid' && order.replaces !== undefined) {
    const replaced = ca.state.certificates.get(order.replaces);
    if (replaced?.replacedBy === order) delete replaced.replacedBy;
  }
  return order;
}

export function orderAnswer(ca: CaContext, order: Order, status: number): Answer {
  refreshOrder(ca, order);
  const url = `${ca.base}/order/${order.id}`;
  const json = {
    status: order.status,
    expires: new Date(order.expires).toISOString(),
    identifiers: order.names.map((value) => ({ type: 'dns', value })),
    authorizations: order.authorizations.map((authorization) => authorizationUrl(ca, authorization)),
    finalize: `${url}/finalize`,
    profile: order.profile,
    replaces: order.replaces,
    error: order.error && problemJson(order.error),
    certificate: order.certificate && certificateUrl(ca, order.certificate),
  };
  const settled = order.status === 'valid' || order.status === 'invalid' || order.status === 'ready';
  return jsonAnswer(json, { status, headers: { location: url, ...(settled ? {} : retryAfterHeader(ca)) } });
}

function parseProfile(ca: CaContext, profile: unknown): string | undefined {
  const offered = ca.policy.profiles;
  if (profile === undefined) return Object.keys(offered)[0];
  if (typeof profile === 'string' && Object.hasOwn(offered, profile)) return profile;
  const detail = `the profile ${JSON.stringify(profile)} is not offered; offered are: ${Object.keys(offered).join(', ') || 'none'}`;
  throw new Refusal({ type: 'invalidProfile', detail, status: 400 });
}
