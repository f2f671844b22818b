import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { messageOf } from '../core/error.ts';
import { withTimeout } from '../core/clock.ts';
import { parseProxy } from '../core/proxy-of.ts';
import type { ProxyFor } from '../core/proxy-of.ts';
import type { AcmeDnsAccount } from './account-file.ts';
import type { ServerUrl } from './server-url.ts';

/** What a server said, sorted by what can be done about it. Nothing here is secret. */
export type AcmeDnsOutcome<T> =
  | { kind: 'done'; value: T }
  /** 4xx or 5xx with the server's own code, such as `forbidden` or `bad_txt`, when it sent one. */
  | { kind: 'refused'; status: number; error: string | undefined; retryAfter: number | undefined }
  | { kind: 'redirected'; location: string }
  /** Something that is not an acme-dns server answered, such as a web page. */
  | { kind: 'foreign'; status: number; what: string }
  | { kind: 'unreachable'; reason: string };

/** The two calls of the acme-dns API, in the form that every server of it understands. Nothing is retried here. */
export interface AcmeDnsClient {
  register(allowFrom: readonly string[], signal: AbortSignal): Promise<AcmeDnsOutcome<AcmeDnsAccount>>;
  update(account: AcmeDnsAccount, value: string, signal: AbortSignal): Promise<AcmeDnsOutcome<undefined>>;
  close(): Promise<void>;
}

export interface AcmeDnsClientOptions {
  readonly server: ServerUrl;
  /** PEM roots in place of the system's. */
  readonly trust?: string | undefined;
  /** Through which the server is reached; default is none. */
  readonly proxyFor?: ProxyFor | undefined;
  /** ms for one call, from connecting to the last byte. */
  readonly timeout: number;
}

/** An answer of any acme-dns call has a few hundred bytes. */
const LARGEST_ANSWER = 64 * 1024;

const registered = z.object({
  username: z.string().min(1),
  password: z.string().min(1),
  fulldomain: z.string().min(1),
  subdomain: z.string().min(1),
});

interface RawAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly retryAfter: number | undefined;
  readonly text: string;
}

export function createAcmeDnsClient(options: AcmeDnsClientOptions): AcmeDnsClient {
  const { server, trust, timeout } = options;
  let agent: Promise<Dispatcher> | undefined;

  // undici takes a while to load, and a process that presents locally never needs it.
  const connect = async (): Promise<Dispatcher> => {
    const undici = await import('undici');
    const tls = trust === undefined ? { timeout } : { timeout, ca: trust };
    const text = options.proxyFor?.(new URL(server.endpoint('')));
    if (text === undefined) return new undici.Agent({ connect: tls, connections: 8 });
    const proxy = parseProxy(text);
    if (proxy === undefined) throw new Error('HTTPS_PROXY (or HTTP_PROXY) is no URL of a proxy');
    return new undici.ProxyAgent({ uri: proxy.href, requestTls: tls, connectTimeout: timeout, connections: 8 });
  };

  async function post(
    endpoint: string,
    headers: Record<string, string>,
    body: unknown,
    signal: AbortSignal,
  ): Promise<RawAnswer | { kind: 'unreachable'; reason: string }> {
    signal.throwIfAborted();
    const { request } = await import('undici');
    try {
      agent ??= connect();
      const reply = await request(server.endpoint(endpoint), {
        dispatcher: await agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'user-agent': 'evercert',
          ...(server.authorization === undefined ? {} : { authorization: server.authorization }),
          ...headers,
        },
        body: JSON.stringify(body),
        signal: withTimeout(signal, timeout),
      });
      return {
        status: reply.statusCode,
        location: headerOf(reply.headers, 'location'),
        retryAfter: retryAfterOf(headerOf(reply.headers, 'retry-after')),
        text: await readText(reply.body),
      };
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'unreachable', reason: reasonOf(error, timeout) };
    }
  }

  return {
    async register(allowFrom, signal) {
      const answer = await post('register', {}, allowFrom.length === 0 ? {} : { allowfrom: allowFrom }, signal);
      if ('kind' in answer) return answer;
      if (!isSuccess(answer)) return failureOf(answer);
      const parsed = registered.safeParse(parseJson(answer.text));
      if (!parsed.success) return { kind: 'foreign', status: answer.status, what: shapeOf(answer.text) };
      return { kind: 'done', value: { ...parsed.data, server_url: server.shown } };
    },
    async update(account, value, signal) {
      const headers = { 'x-api-user': account.username, 'x-api-key': account.password };
      const answer = await post('update', headers, { subdomain: account.subdomain, txt: value }, signal);
      if ('kind' in answer) return answer;
      if (!isSuccess(answer)) return failureOf(answer);
      // Some servers answer 200 or 204 with another body or none; only a web page shows that it was somebody else.
      if (isPage(answer.text)) return { kind: 'foreign', status: answer.status, what: shapeOf(answer.text) };
      return { kind: 'done', value: undefined };
    },
    async close() {
      const open = agent;
      agent = undefined;
      await (await open?.catch(() => undefined))?.close();
    },
  };
}

function isSuccess(answer: RawAnswer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

function failureOf(answer: RawAnswer): AcmeDnsOutcome<never> {
  const { status, location, retryAfter, text } = answer;
  // Not followed: the account's credentials would go along to wherever the answer points.
  if (status >= 300 && status < 400) return { kind: 'redirected', location: location ?? 'nowhere' };
  const body = z.object({ error: z.string() }).safeParse(parseJson(text));
  return { kind: 'refused', status, error: body.success ? body.data.error.slice(0, 200) : undefined, retryAfter };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPage(text: string): boolean {
  return /^\s*</.test(text);
}

/** What came in place of the expected body; never the body itself, for a register answer holds a password. */
function shapeOf(text: string): string {
  if (isPage(text)) return 'a web page';
  if (text.trim() === '') return 'an empty answer';
  return parseJson(text) === undefined ? 'text that is not JSON' : 'JSON without the fields of an account';
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > LARGEST_ANSWER) throw new Error(`its answer is longer than ${LARGEST_ANSWER} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function headerOf(headers: Record<string, string | string[] | undefined>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** ms from now. The header's other form, a date, is left to back-off: acme-dns servers do not send it. */
function retryAfterOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined;
}

function reasonOf(error: unknown, timeout: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeout / 1000} s`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection was refused, so nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name cannot be resolved';
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `no connection within ${timeout / 1000} s`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `its TLS certificate is not trusted (${code}); name the root that signed it`;
    default:
      // An AggregateError (both address families failed) has an empty message of its own.
      return messageOf(error) || code || 'the connection failed';
  }
}
