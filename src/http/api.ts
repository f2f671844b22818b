import { Hono } from 'hono';
import { createBcrypt } from '../acmedns/bcrypt.ts';
import type { ChallengeZone } from '../acmedns/challenge-zone.ts';
import { systemClock, type Clock } from '../core/clock.ts';
import { type AccountStorageOptions, createAccountStorage } from './account-storage.ts';
import type { Answer, CallReport, Handler, Operation } from './call.ts';
import { createCors } from './cors.ts';
import { errorAnswer } from './error-answer.ts';
import { createHttpreq } from './httpreq.ts';
import { createOwnerCalls } from './owner-calls.ts';
import { readPath } from './path.ts';
import { createRateLimiter, type Rate } from './rate-limiter.ts';
import { createRegister } from './register.ts';
import type { RegistrationRule } from './registration-rule.ts';
import { createReplies } from './replies.ts';
import { createFindSource, type FindSource, type HttpEnv } from './source.ts';
import { createStatusApi, type StatusApiOptions } from './status-api.ts';
import { createUpdate } from './update.ts';

export interface ApiOptions {
  readonly zone: Omit<ChallengeZone, 'load' | 'keepFresh'>;
  /** Who may register. Default: everybody. */
  readonly registration?: RegistrationRule;
  /** Origins whose pages may call; none means all. */
  readonly corsOrigins?: readonly string[];
  /** Where a request came from. Default: the peer of the connection. */
  readonly findSource?: FindSource;
  /** What each subscriber may do. Default: no limits. */
  readonly rates?: { readonly registrations?: Rate | undefined; readonly failures?: Rate | undefined };
  /** Keeps the accounts of lego's HTTP storage at /storage. */
  readonly storage?: AccountStorageOptions | undefined;
  /** Adds GET /status and GET /metrics to this listener; they show every certificate to whoever reaches it. */
  readonly status?: StatusApiOptions;
  /** Told after each call; for the audit log and the metrics. Nothing in it is secret. */
  readonly observe?: (call: CallReport) => void;
  /** Told of what made a call fail with 500 or 503; for the log. */
  readonly report?: (error: unknown) => void;
  readonly clock?: Pick<Clock, 'now'>;
}

export type Api = Hono<{ Bindings: HttpEnv }>;

/** Method, path, what it is, and who does it. */
export type Route = readonly [method: 'GET' | 'POST' | 'DELETE', path: string, operation: Operation, handler: Handler];

/** The HTTP API of acme-dns: its statuses, headers and bytes (see docs/divergences.md for where it differs on purpose). */
export function createApi(options: ApiOptions): Api {
  const { observe = () => {}, report = () => {}, findSource = createFindSource() } = options;
  const cors = createCors(options.corsOrigins ?? []);
  const reply = createReplies(cors);
  const app: Api = new Hono({ getPath: (request) => readPath(request.url).path });
  const routes = routesOf(options);
  const methods = new Map([
    ['/health', ['GET']],
    ['/openapi.json', ['GET']],
  ]);

  /** Whatever no handler takes: preflights, other methods, unknown paths. */
  function otherwise(request: Request): Response {
    const preflight = cors.preflight(request);
    if (preflight !== undefined) return preflight;
    const known = methodsAt(readPath(request.url).path);
    if (known === undefined) return reply.text(request, 404, '404 page not found\n');
    const allow = [...known, 'OPTIONS'].toSorted().join(', ');
    if (request.method !== 'OPTIONS') return reply.text(request, 405, 'Method Not Allowed\n', { allow });
    return reply.empty(request, { allow });
  }

  function methodsAt(path: string): readonly string[] | undefined {
    return methods.get(path) ?? methods.get(path.replace(/[^/]+$/, ':domain'));
  }

  async function answer(
    handler: Handler,
    request: Request,
    env: HttpEnv | undefined,
  ): Promise<Answer & { from: string | undefined }> {
    const { headers, url } = request;
    const source = findSource(headers, env);
    try {
      const { path, token } = readPath(url);
      const given = await handler({ headers, body: await request.text(), source, path, token });
      return { ...given, from: source.address };
    } catch (error) {
      report(error);
      return { ...errorAnswer(error), from: source.address };
    }
  }

  for (const [method, path, operation, handler] of routes) {
    methods.set(path, [...(methods.get(path) ?? []), method]);
    app.on(method, path, async (c) => {
      const request = c.req.raw;
      // hono answers HEAD with the handler of GET; acme-dns does not.
      if (request.method !== method) return otherwise(request);
      const start = performance.now();
      const { about, from, ...given } = await answer(handler, request, c.env);
      const { status, result } = given;
      observe({ operation, status, result, from, duration: performance.now() - start, ...about });
      return reply.json(request, given);
    });
  }
  app.get('/health', ({ req: { raw } }) => (raw.method === 'GET' ? reply.empty(raw) : otherwise(raw)));
  let document: Promise<string> | undefined;
  app.get('/openapi.json', async ({ req: { raw } }) => {
    if (raw.method !== 'GET') return otherwise(raw);
    // Made once: it is much work for a call that costs a stranger nothing.
    document ??= import('./openapi.ts').then(({ openApiDocument }) => JSON.stringify(openApiDocument(routes)));
    return reply.json(raw, { status: 200, body: await document });
  });
  if (options.status !== undefined) {
    for (const path of ['/status', '/metrics']) methods.set(path, ['GET']);
    app.route('/', createStatusApi(options.status));
  }
  app.notFound((c) => otherwise(c.req.raw));
  app.onError((error, c) => {
    report(error);
    return reply.json(c.req.raw, errorAnswer(error));
  });
  return app;
}

/** Every call that the options allow. */
export function routesOf(options: ApiOptions): readonly Route[] {
  const { zone, registration = { kind: 'open' }, rates = {}, storage, clock = systemClock } = options;
  const limits = {
    registrations: createRateLimiter(rates.registrations, clock),
    failures: createRateLimiter(rates.failures, clock),
  };
  const bcrypt = createBcrypt();
  const owner = createOwnerCalls(zone, limits);
  const httpreq = createHttpreq(zone, limits);
  const routes: Route[] = [
    ['POST', '/update', 'update', createUpdate(zone, limits)],
    ['POST', '/clean', 'clean', owner.clean],
    ['POST', '/change', 'change', owner.change],
    ['POST', '/rotate', 'rotate', owner.rotate],
    ['POST', '/deregister', 'deregister', owner.deregister],
    ['POST', '/present', 'present', httpreq.present],
    ['POST', '/cleanup', 'cleanup', httpreq.cleanup],
  ];
  if (registration.kind !== 'closed') {
    routes.push(['POST', '/register', 'register', createRegister(zone, registration, limits, bcrypt)]);
  }
  if (storage !== undefined) {
    const kept = createAccountStorage(storage, limits, bcrypt);
    routes.push(
      ['GET', '/storage', 'storage-list', kept.list],
      ['GET', '/storage/:domain', 'storage-fetch', kept.fetch],
      ['POST', '/storage/:domain', 'storage-put', kept.put],
      ['DELETE', '/storage/:domain', 'storage-delete', kept.remove],
    );
  }
  return routes;
}
