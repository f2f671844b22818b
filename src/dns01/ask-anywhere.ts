import type { Dispatcher } from 'undici';
import { withTimeout } from '../core/clock.ts';
import { DomainError, messageOf } from '../core/error.ts';
import { parseProxy } from '../core/proxy-of.ts';
import type { ProxyFor } from '../core/proxy-of.ts';
import { query, queryBy } from '../dns/query.ts';
import type { Ask } from './ask.ts';

/** A DNS message has at most 64 KiB. */
const LARGEST_ANSWER = 65_535;
const TIMEOUT = 5000;

/** Asks by UDP and TCP, and a server whose address is a URL by HTTPS (RFC 8484): where port 53 is closed to the outside. */
export function createAskAnywhere(proxyFor: ProxyFor = () => undefined): Ask {
  const proxies = new Map<string, Promise<Dispatcher>>();

  /** undefined is straight. */
  function dispatcherFor(url: string): Promise<Dispatcher> | undefined {
    const text = proxyFor(new URL(url));
    if (text === undefined) return undefined;
    const proxy = proxies.get(text) ?? connectBy(text);
    proxies.set(text, proxy);
    return proxy;
  }

  return (question, server, options) => {
    if (!server.address.startsWith('https://')) return query(question, server, options);
    const { timeout = TIMEOUT } = options;
    const exchange = (packet: Uint8Array) =>
      post(server.address, packet, withTimeout(options.signal, timeout), dispatcherFor(server.address));
    return queryBy(exchange, question, server, options);
  };
}

async function connectBy(text: string): Promise<Dispatcher> {
  const proxy = parseProxy(text);
  if (proxy === undefined) throw new Error('HTTPS_PROXY is no http://, https:// or socks5:// URL of a proxy');
  const { ProxyAgent } = await import('undici');
  return new ProxyAgent({ uri: proxy.href, allowH2: false });
}

async function post(
  url: string,
  packet: Uint8Array,
  signal: AbortSignal,
  by: Promise<Dispatcher> | undefined,
): Promise<Uint8Array> {
  const type = 'application/dns-message';
  try {
    const { request } = await import('undici');
    const headers = { 'content-type': type, accept: type };
    const { statusCode, body } = await request(url, {
      method: 'POST',
      headers,
      body: packet,
      signal,
      ...(by === undefined ? {} : { dispatcher: await by }),
    });
    const bytes = await body.bytes();
    if (statusCode !== 200 || bytes.length > LARGEST_ANSWER) throw new Error(`it answered with status ${statusCode}`);
    return bytes;
  } catch (error) {
    throw new DomainError('dns-unreachable', `the resolver ${url} cannot be asked: ${messageOf(error)}`, {
      retry: { kind: 'backoff' },
      cause: error,
    });
  }
}
