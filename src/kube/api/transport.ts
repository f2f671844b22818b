import type { Dispatcher } from 'undici';
import type { Clock } from '../../core/clock.ts';
import { createConnection } from './connection.ts';
import type { Connected } from './connection.ts';
import type { KubeConfig } from './kube-config.ts';
import { isKubeError, KubeError } from './kube-error.ts';
import { retryTime } from './retry-time.ts';
import { statusError } from './status-error.ts';
import { timeLimit } from './time-limit.ts';
import { isTls, unreachable, wasCut, wasNotSent } from './unreachable.ts';

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root, with the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For sentences: `list secrets`. */
  readonly what: string;
}

export interface TransportOptions {
  readonly config: KubeConfig;
  readonly clock: Clock;
  readonly userAgent: string;
  /** ms for one try of a call that is no watch. */
  readonly timeout: number;
}

/** HTTP with the API server: credentials, bounds, and what may be tried again without anybody noticing. Throws KubeError for all but 2xx. */
export interface Transport {
  send(call: HttpCall, signal: AbortSignal): Promise<string>;
  /** The body as it comes, until the server ends it; a silence of `idle` ms ends it as well. */
  stream(call: HttpCall, idle: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Metadata of 500 objects has less than a mebibyte as a rule; 500 big Secrets do not have this much. */
const LARGEST_BODY = 256 * 1024 * 1024;
const MOST_TRIES = 5;
/** All tries of one call together. */
const PATIENCE = 20_000;
const FIRST_PAUSE = 50;

export function createTransport({ config, clock, userAgent, timeout }: TransportOptions): Transport {
  const connection = createConnection(config, clock);
  const origin = new URL(config.server).origin;
  const prefix = new URL(config.server).pathname.replace(/\/$/, '');

  function open(call: HttpCall, { agent, authorization }: Connected, limits: Limits): Promise<Dispatcher.ResponseData> {
    return agent.request({
      origin,
      path: prefix + call.path,
      method: call.method,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...(authorization === undefined ? {} : { authorization }),
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: call.body }),
      // Or undici would close the connection after each DELETE, which has a body here, and the next call would begin with a TLS handshake.
      reset: false,
      ...limits,
    });
  }

  /** The response when it is a success. */
  async function succeed(call: HttpCall, connected: Connected, limits: Limits): Promise<Dispatcher.ResponseData> {
    const response = await open(call, connected, limits);
    const { statusCode } = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    const body = await readBody(response.body);
    const retryAt = retryTime(response.headers['retry-after'], clock.now());
    throw statusError({ status: statusCode, body, what: call.what, retryAt });
  }

  /** With 401 the token may have been replaced, and the roots when we do not trust the server: all is read anew, once. */
  async function withCredentials<T>(signal: AbortSignal, work: (connected: Connected) => Promise<T>): Promise<T> {
    const connected = await connection.current(signal);
    try {
      return await work(connected);
    } catch (error) {
      if (signal.aborted) throw error;
      if (isTls(error)) return await work(await connection.renewed(connected, 'roots', signal));
      if (!isKubeError(error) || error.status !== 401) throw error;
      return await work(await connection.renewed(connected, 'credentials', signal));
    }
  }

  async function once(call: HttpCall, connected: Connected, signal: AbortSignal): Promise<string> {
    const limited = timeLimit(signal, timeout);
    try {
      const limits = { signal: limited.signal, headersTimeout: timeout, bodyTimeout: timeout };
      return await readBody((await succeed(call, connected, limits)).body);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      limited.release();
    }
  }

  function asKubeError(error: unknown): unknown {
    return isKubeError(error) || isOwnFault(error) ? error : unreachable(error, config);
  }

  return {
    async send(call, signal) {
      signal.throwIfAborted();
      const until = clock.now() + PATIENCE;
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await withCredentials(signal, (connected) => once(call, connected, signal));
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          const pause = pauseBeforeNext(error, call, attempt, clock.now());
          if (pause === undefined || attempt === MOST_TRIES || clock.now() + pause > until) throw asKubeError(error);
          await clock.sleep(pause, signal);
        }
      }
    },
    async *stream(call, idle, signal) {
      signal.throwIfAborted();
      try {
        const limits = { signal, headersTimeout: timeout, bodyTimeout: idle };
        const response = await withCredentials(signal, (connected) => succeed(call, connected, limits));
        for await (const chunk of response.body) yield chunk as Uint8Array;
      } catch (error) {
        throw signal.aborted ? signal.reason : asKubeError(error);
      }
    },
    close: () => connection.close(),
  };
}

type Limits = Pick<Dispatcher.RequestOptions, 'signal' | 'headersTimeout' | 'bodyTimeout'>;

/** ms before the same call may be sent again, or undefined when it must not be: it may have been acted on, or there is no hope. */
function pauseBeforeNext(error: unknown, call: HttpCall, attempt: number, now: number): number | undefined {
  const growing = FIRST_PAUSE * 2 ** (attempt - 1) * (1 + Math.random());
  if (isKubeError(error)) {
    // Only with Retry-After, as the API server's own clients do: 429 and 503 with it were not acted on.
    return error.code === 'kube-unavailable' && error.retry.kind === 'after'
      ? Math.max(error.retry.at - now, growing)
      : undefined;
  }
  return wasNotSent(error) || (wasCut(error) && call.method === 'GET') ? growing : undefined;
}

/** A kubeconfig that cannot be read, or a program that does not log us in, is no matter of the network. */
function isOwnFault(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'invalid-kubeconfig' || error.code === 'kube-login-failed')
  );
}

async function readBody(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > LARGEST_BODY)
      throw new KubeError('kube-unavailable', 'the API server sent an answer of more than 256 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
