import type { Dispatcher } from 'undici';
import type { Clock } from '../core/clock.ts';
import { parseProxy } from '../core/proxy-of.ts';
import type { ProxyFor } from '../core/proxy-of.ts';
import { AcmeError } from './problem.ts';
import { isCut, transportFault } from './transport-fault.ts';
import { checkRoots } from './trusted-roots.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What it is for: `create the order`. */
  readonly doing?: string;
}

export interface HttpResponse {
  readonly url: string;
  readonly status: number;
  /** Lower-case names; repeated headers joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** ms since the epoch by the local clock, when the headers were here. */
  readonly receivedAt: number;
  /** The connection broke and the same bytes were sent again: the CA may have acted on them the first time. */
  readonly resent: boolean;
}

/** One finished exchange, for logs, metrics and tests. `status` is undefined when there was no answer. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** What it was for: `create the order`. */
  readonly doing: string;
  readonly status: number | undefined;
  readonly milliseconds: number;
}

export interface TransportOptions {
  /** PEM roots in place of the system's. */
  readonly trust?: string | undefined;
  /** Any server is trusted. For tests of others' making only. */
  readonly trustAnyone?: boolean | undefined;
  /** Default is none for any URL. */
  readonly proxyFor?: ProxyFor | undefined;
  readonly userAgent: string;
  /** ms for one exchange, from connecting to the last byte. */
  readonly timeout: number;
  readonly connections: number;
  readonly clock: Clock;
  readonly observe?: ((exchange: Exchange) => void) | undefined;
}

/** HTTP with bounds: time, size, connections. Any status is an answer; throws AcmeError only when there is none. */
export interface Transport {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  close(): Promise<void>;
}

/** No ACME answer comes near this; a chain of ten certificates has 20 KiB. */
const LARGEST_BODY = 1024 * 1024;
const CONNECT_TIMEOUT = 10_000;

export function createTransport(options: TransportOptions): Transport {
  const { clock, timeout, trust } = options;
  if (trust !== undefined) checkRoots(trust);
  /** By the URL of the proxy; '' is straight. */
  const agents = new Map<string, Promise<Dispatcher>>();
  let closed = false;

  function proxyOfUrl(url: string): URL | undefined {
    const text = options.proxyFor?.(new URL(url));
    if (text === undefined) return undefined;
    const proxy = parseProxy(text);
    if (proxy !== undefined) return proxy;
    // Not what it says: it may hold a password.
    const message = 'HTTPS_PROXY (or HTTP_PROXY) is no http://, https:// or socks5:// URL of a proxy';
    throw new AcmeError('acme-unreachable', message, { retry: { kind: 'backoff' } });
  }

  function agentFor(proxy: URL | undefined): Promise<Dispatcher> {
    const key = proxy?.href ?? '';
    const agent = agents.get(key) ?? createAgent(options, proxy);
    agents.set(key, agent);
    return agent;
  }

  async function exchange(request: HttpRequest, resent: boolean, signal: AbortSignal): Promise<HttpResponse> {
    if (closed) throw closedError();
    const dispatcher = await agentFor(proxyOfUrl(request.url));
    const response = await dispatcher.request({ ...target(request.url), ...content(request, options), signal });
    const receivedAt = clock.now();
    const body = await readBody(response.body, request.url);
    return { url: request.url, status: response.statusCode, headers: headersOf(response), body, receivedAt, resent };
  }

  async function twice(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    try {
      return await exchange(request, false, signal);
    } catch (error) {
      // A kept connection may be closed by the CA just as it is used. Sending the same bytes again is safe even for a signed
      // request: its nonce is good for one use only (RFC 8555 section 6.5), so the CA cannot act on it a second time.
      if (closed || signal.aborted || !isCut(error)) throw error;
      return await exchange(request, true, signal);
    }
  }

  return {
    async send(request, signal) {
      signal.throwIfAborted();
      const started = performance.now();
      const limited = limit(signal, timeout);
      let status: number | undefined;
      try {
        const response = await twice(request, limited.signal);
        status = response.status;
        return response;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (error instanceof AcmeError) throw error;
        if (closed) throw closedError();
        throw transportFault(error, {
          url: request.url,
          timeout,
          ownTrust: trust !== undefined,
          proxy: proxyOfUrl(request.url),
        });
      } finally {
        limited.release();
        const { method, url, doing = '' } = request;
        options.observe?.({ method, url, doing, status, milliseconds: performance.now() - started });
      }
    },
    async close() {
      closed = true;
      await Promise.all([...agents.values()].map(async (agent) => (await agent).destroy()));
    },
  };
}

/** As core's withTimeout, but let go of at once: hundreds of requests a second must not leave timers behind for a minute. */
function limit(parent: AbortSignal, milliseconds: number): { signal: AbortSignal; release: () => void } {
  const own = new AbortController();
  const abort = (): void => own.abort(parent.reason);
  const timer = setTimeout(() => own.abort(new DOMException('the time is over', 'TimeoutError')), milliseconds);
  timer.unref();
  parent.addEventListener('abort', abort);
  return {
    signal: own.signal,
    release() {
      clearTimeout(timer);
      parent.removeEventListener('abort', abort);
    },
  };
}

function closedError(): AcmeError {
  return new AcmeError('acme-unreachable', 'the connection to the CA was closed', { retry: { kind: 'backoff' } });
}

/** undici takes a tenth of a second to load, and many runs never speak to a CA. */
async function createAgent(options: TransportOptions, proxy: URL | undefined): Promise<Dispatcher> {
  const undici = await import('undici');
  const tls = {
    timeout: CONNECT_TIMEOUT,
    ...(options.trust === undefined ? {} : { ca: options.trust }),
    ...(options.trustAnyone === true ? { rejectUnauthorized: false } : {}),
  };
  const more = {
    connections: options.connections,
    autoSelectFamily: true,
    headersTimeout: options.timeout,
    bodyTimeout: options.timeout,
    // CAs keep idle connections for a minute or more; a connection that is closed just then is made again.
    keepAliveTimeout: 30_000,
    allowH2: false,
  };
  if (proxy === undefined) return new undici.Agent({ ...more, connect: tls });
  return new undici.ProxyAgent({ ...more, uri: proxy.href, requestTls: tls, connectTimeout: CONNECT_TIMEOUT });
}

function target(url: string): { origin: string; path: string } {
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search };
}

function content(request: HttpRequest, options: TransportOptions): Omit<Dispatcher.RequestOptions, 'path'> {
  return {
    method: request.method,
    headers: { 'user-agent': options.userAgent, ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
  };
}

function headersOf(response: Dispatcher.ResponseData): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers.set(name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

async function readBody(body: AsyncIterable<Buffer>, url: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > LARGEST_BODY) {
      throw new AcmeError('acme-bad-response', `the CA at ${new URL(url).host} sent an answer of more than 1 MiB`, {
        retry: { kind: 'backoff' },
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
