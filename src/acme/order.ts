import { z } from 'zod';
import { getAccount } from './account.ts';
import type { HttpResponse } from './http.ts';
import { AcmeError, parseProblem } from './problem.ts';
import type { Identifier, Problem } from './problem.ts';
import { badResponse, jsonOf, linksOf, locationOf, retryAfterOf } from './response.ts';
import type { AcmeSession } from './session.ts';

/** RFC 8555 section 7.1.3; its states in section 7.1.6. */
export interface Order {
  readonly url: string;
  readonly status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  readonly identifiers: readonly Identifier[];
  readonly authorizationUrls: readonly string[];
  readonly finalizeUrl: string;
  /** There when the status is valid. */
  readonly certificateUrl?: string;
  /** ms since the epoch. */
  readonly expires?: number;
  readonly error?: Problem;
  /** What the CA made of the request's profile and replaces. */
  readonly profile?: string;
  readonly replaces?: string;
  /** ms since the epoch by the local clock, before which the CA does not want to be asked again. */
  readonly retryAfter?: number;
}

export interface OrderRequest {
  readonly identifiers: readonly { readonly type: 'dns'; readonly value: string }[];
  /** A name from the directory's meta.profiles. */
  readonly profile?: string | undefined;
  /** RFC 9773 section 5: the CertID that this order replaces. Left away when the CA has no renewal information. */
  readonly replaces?: string | undefined;
  /** ms since the epoch; most public CAs refuse both. */
  readonly notBefore?: number | undefined;
  readonly notAfter?: number | undefined;
}

/**
 * @throws AcmeError; `acme-invalid-profile` (without a request) when the CA does not offer the profile. An order that is refused
 * only for its `replaces` is made without it: the certificate matters more than the rate limit that `replaces` spares.
 */
export async function createOrder(session: AcmeSession, request: OrderRequest, signal: AbortSignal): Promise<Order> {
  const { urls, meta } = await session.client.directory(signal);
  if (request.profile !== undefined && !meta.profiles.has(request.profile)) {
    throw unknownProfile(session, request.profile, [...meta.profiles.keys()]);
  }
  const replaces = urls.renewalInfo === undefined ? undefined : request.replaces;
  try {
    return await postOrder(session, { ...request, replaces }, signal);
  } catch (error) {
    if (replaces === undefined || !isAboutReplaces(error)) throw error;
    return await postOrder(session, { ...request, replaces: undefined }, signal);
  }
}

async function postOrder(session: AcmeSession, request: OrderRequest, signal: AbortSignal): Promise<Order> {
  const { identifiers, profile, replaces, notBefore, notAfter } = request;
  const payload = {
    identifiers,
    ...(profile === undefined ? {} : { profile }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore).toISOString() }),
    ...(notAfter === undefined ? {} : { notAfter: new Date(notAfter).toISOString() }),
  };
  const response = await session.post({ target: 'newOrder', payload, doing: 'create the order' }, signal);
  return parseOrder(response, locationOf(response, 'an order'));
}

/** CAs word this in many ways (RFC 9773 section 5 leaves the type open but for alreadyReplaced). */
function isAboutReplaces(error: unknown): boolean {
  if (!(error instanceof AcmeError)) return false;
  if (error.code === 'acme-already-replaced' || error.code === 'acme-conflict') return true;
  const about = ['acme-malformed', 'acme-unauthorized', 'acme-not-found', 'acme-server-internal', 'acme-refused'];
  return (
    about.includes(error.code) && /replac|ARI|predecessor|certID|existing order/i.test(error.problem?.detail ?? '')
  );
}

export async function getOrder(session: AcmeSession, url: string, signal: AbortSignal): Promise<Order> {
  return parseOrder(await session.post({ target: { url }, payload: undefined, doing: 'read the order' }, signal), url);
}

/** @throws AcmeError `acme-order-not-ready`, `acme-bad-csr`, ... */
export async function finalizeOrder(
  session: AcmeSession,
  order: Pick<Order, 'url' | 'finalizeUrl'>,
  csr: Uint8Array,
  signal: AbortSignal,
): Promise<Order> {
  const payload = { csr: Buffer.from(csr).toString('base64url') };
  const doing = 'finalize the order';
  // The answer need not say where the order is; it is where it was.
  return parseOrder(await session.post({ target: { url: order.finalizeUrl }, payload, doing }, signal), order.url);
}

const MOST_PAGES = 1000;

/** The URLs of the account's orders, or undefined when the CA keeps no such list (Let's Encrypt, Google). RFC 8555 section 7.1.2.1 */
export async function listOrders(session: AcmeSession, signal: AbortSignal): Promise<string[] | undefined> {
  const { ordersUrl } = await getAccount(session, signal);
  if (ordersUrl === undefined) return undefined;
  const orders = new Set<string>();
  const seen = new Set<string>();
  let next: string | undefined = ordersUrl;
  while (next !== undefined && !seen.has(next) && seen.size < MOST_PAGES) {
    seen.add(next);
    const response = await listPage(session, next, seen.size === 1, signal);
    if (response === undefined) return undefined;
    const parsed = z.object({ orders: z.array(z.string()).nullable() }).safeParse(jsonOf(response, 'a list of orders'));
    if (!parsed.success) throw badResponse(response.url, 'a list of orders', 'it has no orders');
    for (const url of parsed.data.orders ?? []) if (URL.canParse(url, next)) orders.add(new URL(url, next).href);
    [next] = linksOf(response, 'next');
  }
  return [...orders];
}

/** undefined when the CA names a list but does not have it. */
async function listPage(
  session: AcmeSession,
  url: string,
  first: boolean,
  signal: AbortSignal,
): Promise<HttpResponse | undefined> {
  try {
    return await session.post({ target: { url }, payload: undefined, doing: 'list the orders' }, signal);
  } catch (error) {
    const absent = error instanceof AcmeError && [404, 405, 501].includes(error.status ?? 0);
    if (first && absent) return undefined;
    throw error;
  }
}

const orderDocument = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
  authorizations: z.array(z.string()),
  finalize: z.string(),
  certificate: z.string().nullish(),
  expires: z.string().nullish().catch(undefined),
  error: z.unknown().optional(),
  profile: z.string().nullish().catch(undefined),
  replaces: z.string().nullish().catch(undefined),
});

function parseOrder(response: HttpResponse, url: string): Order {
  const parsed = orderDocument.safeParse(jsonOf(response, 'an order'));
  if (!parsed.success) {
    throw badResponse(response.url, 'an order', `its ${String(parsed.error.issues[0]?.path[0] ?? 'form')} is wrong`);
  }
  const { status, identifiers, authorizations, finalize, certificate, profile, replaces } = parsed.data;
  const absolute = (text: string): string => {
    if (!URL.canParse(text, response.url)) throw badResponse(response.url, 'an order', 'it has a URL that is none');
    return new URL(text, response.url).href;
  };
  if (status === 'valid' && typeof certificate !== 'string') {
    throw badResponse(response.url, 'an order', 'it is valid but has no certificate');
  }
  const expires = Date.parse(parsed.data.expires ?? '');
  const error = parseProblem(parsed.data.error);
  const retryAfter = retryAfterOf(response);
  return {
    url,
    status,
    identifiers,
    authorizationUrls: authorizations.map(absolute),
    finalizeUrl: absolute(finalize),
    ...(typeof certificate === 'string' ? { certificateUrl: absolute(certificate) } : {}),
    ...(Number.isNaN(expires) ? {} : { expires }),
    ...(error === undefined ? {} : { error }),
    ...(typeof profile === 'string' ? { profile } : {}),
    ...(typeof replaces === 'string' ? { replaces } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

function unknownProfile(session: AcmeSession, profile: string, offered: readonly string[]): AcmeError {
  const { host } = new URL(session.client.directoryUrl);
  const advice = offered.length === 0 ? 'it has none; leave the profile away' : `choose one of ${offered.join(', ')}`;
  return new AcmeError('acme-invalid-profile', `the CA at ${host} has no profile "${profile}": ${advice}`, {
    retry: { kind: 'never' },
  });
}
