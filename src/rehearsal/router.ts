import type { IncomingHttpHeaders } from 'node:http';
import { assertNever } from '../core/assert-never.ts';
import { messageOf } from '../core/error.ts';
import { authenticate } from './authentication.ts';
import type { CaContext } from './context.ts';
import type { AccountRequest, Answer, KeyRequest, OpenRequest } from './exchange.ts';
import type { DueFaults, RequestKind } from './faults.ts';
import { malformed, problemJson, Refusal } from './problem.ts';
import type { Problem } from './problem.ts';
import { ROUTES } from './routes.ts';
import type { Route } from './routes.ts';

export interface RawRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What goes over the wire: an answer in full, one that breaks off in its middle, a cut connection, or nothing ever. */
export type Outcome =
  | {
      readonly kind: 'answer' | 'broken';
      readonly status: number;
      readonly headers: Record<string, string | string[]>;
      readonly body: string;
    }
  | { readonly kind: 'cut' }
  | { readonly kind: 'silence' };

export interface RoutedRequest {
  readonly requestKind: RequestKind | 'unknown';
  readonly outcome: Outcome;
}

/** Finds who answers, and turns what happens into an outcome: every refusal becomes a problem document here. */
export async function route(ca: CaContext, raw: RawRequest): Promise<RoutedRequest> {
  const url = URL.parse(raw.target, ca.base);
  const found = url === null ? undefined : findRoute(url);
  if (url === null || found === undefined) {
    const nothing = refusalAnswer(malformed('there is nothing here', 404));
    return { requestKind: 'unknown', outcome: outcomeOf(ca, raw, nothing) };
  }
  const { id, route: match } = found;
  const faults = ca.faults.at(match.kind);
  return { requestKind: match.kind, outcome: await play(ca, raw, match, { method: raw.method, id, url, faults }) };
}

function findRoute(url: URL): { route: Route; id: string } | undefined {
  for (const candidate of ROUTES) {
    const match = candidate.path.exec(url.pathname);
    if (match !== null) return { route: candidate, id: match[1] ?? '' };
  }
  return undefined;
}

async function play(ca: CaContext, raw: RawRequest, match: Route, request: OpenRequest): Promise<Outcome> {
  const { faults } = request;
  const reset = faults.get('reset');
  if (reset?.when === 'before') return { kind: 'cut' };
  if (faults.get('silence') !== undefined) return { kind: 'silence' };
  if (faults.get('stale-nonces') !== undefined) ca.nonces.forget();
  const refused = faults.get('problem');
  if (refused !== undefined) return outcomeOf(ca, raw, refusalAnswer(new Refusal(refused.problem, refused.headers)));
  const replaced = faults.get('body');
  if (replaced !== undefined) {
    const { body: text, contentType, status } = replaced;
    return outcomeOf(ca, raw, { status, ...(text === '' ? {} : { body: { contentType, text } }) });
  }
  const outcome = outcomeOf(ca, raw, withHeaderFault(await answer(ca, raw, match, request), faults));
  return reset === undefined ? outcome : { ...outcome, kind: 'broken' };
}

async function answer(ca: CaContext, raw: RawRequest, match: Route, request: OpenRequest): Promise<Answer> {
  try {
    checkMethod(raw, match);
    if (match.access === 'open') return await match.handle(ca, request);
    checkForm(raw);
    const signed = authenticate(ca, request, raw.body, match.access);
    // The access that was asked for is the kind of request that authentication returned.
    switch (match.access) {
      case 'account':
        return await match.handle(ca, signed as AccountRequest);
      case 'key':
        return await match.handle(ca, signed as KeyRequest);
      case 'either':
        return await match.handle(ca, signed);
      default:
        return assertNever(match);
    }
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(error);
    const detail = `the rehearsal CA has a defect of its own: ${messageOf(error)}`;
    return refusalAnswer(new Refusal({ type: 'serverInternal', detail, status: 500 }));
  }
}

function checkMethod(raw: RawRequest, match: Route): void {
  // RFC 8555 section 6.1 asks for one, and public CAs refuse a request without.
  if ((raw.headers['user-agent'] ?? '') === '')
    throw malformed('the request has no User-Agent header (RFC 8555 section 6.1)');
  const methods = match.access === 'open' ? match.methods : ['POST'];
  if (!methods.includes(raw.method)) {
    const detail = `${raw.method} is not allowed here; use ${methods.join(' or ')}`;
    throw new Refusal({ type: 'malformed', detail, status: 405 }, { allow: methods.join(', ') });
  }
}

function checkForm(raw: RawRequest): void {
  const type = raw.headers['content-type'] ?? '';
  if (type !== 'application/jose+json') {
    throw malformed(`the Content-Type is "${type}", and must be "application/jose+json" (RFC 8555 section 6.2)`, 415);
  }
  if (raw.headers['replay-nonce'] !== undefined)
    throw malformed('Replay-Nonce is a header of answers; put the nonce into the JWS');
}

function refusalAnswer(refusal: Refusal): Answer {
  return { ...problemAnswer(refusal.problem), headers: refusal.headers };
}

function problemAnswer(problem: Problem): Answer {
  const text = JSON.stringify(problemJson(problem));
  return { status: problem.status, body: { contentType: 'application/problem+json', text } };
}

function withHeaderFault(good: Answer, faults: DueFaults): Answer {
  const fault = faults.get('header');
  if (fault === undefined) return good;
  const name = fault.name.toLowerCase();
  const { [name]: _, ...rest } = good.headers ?? {};
  return { ...good, headers: fault.value === undefined ? rest : { ...rest, [name]: fault.value } };
}

/** Adds what every answer has: a fresh nonce (section 6.5), and the way back to the directory (section 7.1). */
function outcomeOf(ca: CaContext, raw: RawRequest, good: Answer): Extract<Outcome, { status: number }> {
  const headers: Record<string, string | string[]> = {
    'cache-control': 'no-store',
    date: new Date(ca.clock.now()).toUTCString(),
  };
  const links = [['index', `${ca.base}/directory`] as const, ...(good.links ?? [])];
  headers['link'] = links.map(([relation, url]) => `<${url}>;rel="${relation}"`);
  if (raw.method === 'POST' || raw.target.startsWith('/new-nonce')) headers['replay-nonce'] = ca.nonces.issue();
  let body = '';
  if (good.body !== undefined) {
    const json = 'json' in good.body;
    headers['content-type'] = json ? 'application/json' : good.body.contentType;
    body = json ? JSON.stringify(good.body.json) : good.body.text;
  }
  return { kind: 'answer', status: good.status, headers: { ...headers, ...good.headers }, body };
}
