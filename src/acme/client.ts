import type { Clock } from '../core/clock.ts';
import type { ProxyFor } from '../core/proxy-of.ts';
import { createDirectoryCache } from './directory.ts';
import type { Directory, Resource } from './directory.ts';
import { checkDirectoryUrl, isAllowed } from './directory-url.ts';
import { createTransport } from './http.ts';
import type { Exchange, HttpResponse } from './http.ts';
import { createNoncePool } from './nonce-pool.ts';
import { AcmeError } from './problem.ts';
import { errorOfResponse } from './refusal.ts';
import { badResponse } from './response.ts';
import { createSignedExchange } from './signed-exchange.ts';
import type { Signer } from './signed-exchange.ts';
import { createSlots } from './slots.ts';

/** Where a request goes: to a resource that the directory names, or to a URL that the CA gave. */
export type Target = Resource | { readonly url: string };

export interface SignedRequest {
  readonly target: Target;
  readonly signer: Signer;
  /** undefined makes it a POST-as-GET (RFC 8555 section 6.3). A function is told the URL, for what is signed inside. */
  readonly payload: object | undefined | ((url: string) => object | Promise<object>);
  readonly accept?: string;
  /** Completes "the CA refused to ...": `create the order`. */
  readonly doing: string;
}

/** One CA: its connections, its nonces, its directory. Knows of no account. */
export interface AcmeClient {
  readonly directoryUrl: string;
  readonly clock: Clock;
  directory(signal: AbortSignal): Promise<Directory>;
  /** An unsigned request, for the few resources that have it (RFC 8555 section 6.3). @throws AcmeError for any answer but 2xx */
  get(url: string, doing: string, signal: AbortSignal): Promise<HttpResponse>;
  /** @throws AcmeError for any answer but 2xx; a refused nonce has been tried again by then */
  post(request: SignedRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** Ends what is under way and all connections. */
  close(): Promise<void>;
}

export interface AcmeClientOptions {
  readonly directoryUrl: string;
  /** PEM roots in place of the system's. */
  readonly trust?: string | undefined;
  /** Any server is trusted, whoever signed its certificate. */
  readonly trustAnyone?: boolean | undefined;
  /** Through which each URL is reached; default is none. */
  readonly proxyFor?: ProxyFor | undefined;
  /** Our name and version for User-Agent; that of the HTTP library follows it (RFC 8555 section 6.1). */
  readonly userAgent?: string | undefined;
  readonly clock: Clock;
  /** ms for one exchange. Some CAs sign while the client waits. */
  readonly timeout?: number | undefined;
  /** Told of every finished exchange; must not throw. */
  readonly observe?: ((exchange: Exchange) => void) | undefined;
}

const TIMEOUT = 60_000;
/** As many signed requests at once as there are connections: so the nonces that answers bring suffice for the next requests. */
const AT_ONCE = 16;

/** Makes no request. @throws AcmeError `acme-insecure-url`, `acme-not-a-directory`, `acme-invalid-root` */
export function createAcmeClient(options: AcmeClientOptions): AcmeClient {
  const { directoryUrl, clock } = options;
  checkDirectoryUrl(directoryUrl);
  const life = new AbortController();
  const transport = createTransport({
    trust: options.trust,
    trustAnyone: options.trustAnyone,
    proxyFor: options.proxyFor,
    userAgent: `${options.userAgent ?? 'evercert'} node/${process.versions.node}`,
    timeout: options.timeout ?? TIMEOUT,
    connections: AT_ONCE,
    clock,
    observe: options.observe,
  });
  const cache = createDirectoryCache(directoryUrl, transport, clock, life.signal);
  const signedExchange = createSignedExchange({
    transport,
    nonces: createNoncePool(clock),
    clock,
    newNonceUrl: async (signal) => (await cache.read(signal)).urls.newNonce,
  });
  const slots = createSlots(AT_ONCE);

  async function postTo(url: string, request: SignedRequest, signal: AbortSignal): Promise<HttpResponse> {
    if (!isAllowed(url, directoryUrl)) throw badResponse(directoryUrl, 'a URL', 'it is not an https:// URL');
    return await signedExchange({ ...request, url }, signal);
  }

  /** A CA may move its resources while we run: on 404 the directory is read again, once (RFC 8555 section 7.1.1). */
  async function postToResource(
    resource: Resource,
    request: SignedRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const directory = await cache.read(signal);
    const url = urlOf(directory, resource, directoryUrl, request.doing);
    try {
      return await postTo(url, request, signal);
    } catch (error) {
      if (!(error instanceof AcmeError) || error.status !== 404) throw error;
      const moved = (await cache.readNewer(directory, signal)).urls[resource];
      if (moved === undefined || moved === url) throw error;
      return await postTo(moved, request, signal);
    }
  }

  return {
    directoryUrl,
    clock,
    directory: (signal) => cache.read(signal),
    async get(url, doing, signal) {
      if (!isAllowed(url, directoryUrl)) throw badResponse(directoryUrl, 'a URL', 'it is not an https:// URL');
      const request = { method: 'GET', url, headers: { accept: 'application/json' }, doing } as const;
      const response = await transport.send(request, signal);
      if (response.status < 200 || response.status > 299) throw errorOfResponse(response, doing);
      return response;
    },
    async post(request, signal) {
      const release = await slots.take(signal);
      try {
        const { target } = request;
        return typeof target === 'string'
          ? await postToResource(target, request, signal)
          : await postTo(target.url, request, signal);
      } finally {
        release();
      }
    },
    async close() {
      life.abort(
        new AcmeError('acme-unreachable', 'the connection to the CA was closed', { retry: { kind: 'backoff' } }),
      );
      await transport.close();
    },
  };
}

function urlOf(directory: Directory, resource: Resource, directoryUrl: string, doing: string): string {
  const url = directory.urls[resource];
  if (url !== undefined) return url;
  const message = `the CA at ${new URL(directoryUrl).host} cannot ${doing}: its directory has no ${resource}`;
  throw new AcmeError('acme-unsupported', message, { retry: { kind: 'never' } });
}
