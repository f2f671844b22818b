import { Hono } from 'hono';
import { assertNever } from '../core/assert-never.ts';
import { DomainError } from '../core/error.ts';
import type { ChallengeZone, UpdateOutcome } from '../acmedns/challenge-zone.ts';
import { readRegisterBody, readUpdateBody } from './account-body.ts';
import { createCors } from './cors.ts';
import { canonicalPath } from './path.ts';
import { type HttpEnv, peerAddress, type SourceAddresses } from './source-addresses.ts';
import { createStatusApi, type StatusApiOptions } from './status-api.ts';

export type { HttpEnv } from './source-addresses.ts';

export type ApiOperation = 'register' | 'update';

export interface ApiOptions {
  readonly zone: ChallengeZone;
  /** Whether POST /register is there; without it the path is unknown. Default true. */
  readonly registration?: boolean;
  /** Origins whose pages may call; none means all. */
  readonly corsOrigins?: readonly string[];
  /** Where a request came from, for allow lists. Default: the peer of the connection. */
  readonly sourceAddresses?: SourceAddresses;
  /** Adds GET /status and GET /metrics to this listener; they show every certificate to whoever reaches it. */
  readonly status?: StatusApiOptions;
  /** Told after each call, with the upstream code or `success`; for metrics. */
  readonly observe?: (operation: ApiOperation, result: string) => void;
  /** Told of what made a call fail with 500; for the log. */
  readonly report?: (error: unknown) => void;
}

export type Api = Hono<{ Bindings: HttpEnv }>;

/** The HTTP API of acme-dns: its statuses, headers and bytes (see docs/divergences.md for where it differs on purpose). */
export function createApi(options: ApiOptions): Api {
  const { zone, observe = () => {}, report = () => {} } = options;
  const sourceAddresses = options.sourceAddresses ?? peerAddress;
  const cors = createCors(options.corsOrigins ?? []);
  const app: Api = new Hono({ getPath: (request) => canonicalPath(request.url) });
  const methods = new Map<string, string>([
    ['/update', 'OPTIONS, POST'],
    ['/health', 'GET, OPTIONS'],
  ]);

  function json(request: Request, status: number, body: string): Response {
    return new Response(body, { status, headers: { ...cors.headers(request), 'content-type': 'application/json' } });
  }

  function failed(request: Request, operation: ApiOperation, status: number, code: string): Response {
    observe(operation, code);
    return json(request, status, `{"error": "${code}"}`);
  }

  function text(request: Request, status: number, body: string, more: Record<string, string> = {}): Response {
    const headers = {
      ...cors.headers(request),
      ...more,
      'content-type': 'text/plain; charset=utf-8',
      // Said here since HEAD loses the body on its way out, and not its length.
      'content-length': String(body.length),
      'x-content-type-options': 'nosniff',
    };
    return new Response(body, { status, headers });
  }

  function empty(request: Request, more: Record<string, string> = {}): Response {
    return new Response(null, { status: 200, headers: { ...cors.headers(request), ...more, 'content-length': '0' } });
  }

  /** Whatever no handler takes: preflights, other methods, unknown paths. */
  function otherwise(request: Request): Response {
    const preflight = cors.preflight(request);
    if (preflight !== undefined) return preflight;
    const allow = methods.get(canonicalPath(request.url));
    if (allow === undefined) return text(request, 404, '404 page not found\n');
    if (request.method !== 'OPTIONS') return text(request, 405, 'Method Not Allowed\n', { allow });
    return empty(request, { allow });
  }

  async function register(request: Request): Promise<Response> {
    const body = readRegisterBody(await request.text());
    if (body.kind === 'malformed') return failed(request, 'register', 400, 'malformed_json_payload');
    try {
      const account = await zone.register(body.entries);
      observe('register', 'success');
      return json(request, 201, JSON.stringify(account));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'invalid-allow-from') {
        return failed(request, 'register', 400, 'invalid_allowfrom_cidr');
      }
      report(error);
      return failed(request, 'register', 500, 'db_error');
    }
  }

  async function update(request: Request, env: HttpEnv | undefined): Promise<Response> {
    const { headers } = request;
    let outcome: UpdateOutcome;
    try {
      outcome = await zone.update({
        username: headers.get('x-api-user') ?? '',
        key: headers.get('x-api-key') ?? '',
        sources: sourceAddresses(headers, env),
        ...readUpdateBody(await request.text()),
      });
    } catch (error) {
      report(error);
      return failed(request, 'update', 500, 'db_error');
    }
    switch (outcome.kind) {
      case 'updated':
        observe('update', 'success');
        return json(request, 200, `{"txt": "${outcome.txt}"}`);
      case 'forbidden':
        return failed(request, 'update', 401, 'forbidden');
      case 'bad-subdomain':
        return failed(request, 'update', 400, 'bad_subdomain');
      case 'bad-txt':
        return failed(request, 'update', 400, 'bad_txt');
      default:
        return assertNever(outcome);
    }
  }

  app.post('/update', (c) => update(c.req.raw, c.env));
  if (options.registration ?? true) {
    methods.set('/register', 'OPTIONS, POST');
    app.post('/register', (c) => register(c.req.raw));
  }
  app.get('/health', ({ req: { raw } }) => {
    // hono answers HEAD with the handler of GET; acme-dns does not.
    return raw.method === 'GET' ? empty(raw) : otherwise(raw);
  });
  if (options.status !== undefined) {
    for (const path of ['/status', '/metrics']) methods.set(path, 'GET, OPTIONS');
    app.route('/', createStatusApi(options.status));
  }
  app.notFound((c) => otherwise(c.req.raw));
  app.onError((error, c) => {
    report(error);
    return json(c.req.raw, 500, '{"error": "internal_error"}');
  });
  return app;
}
