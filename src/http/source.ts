import { isIP, isIPv4, isIPv6 } from 'node:net';
import { createInNetworks, plainAddress, subscriberOf } from './networks.ts';

/** What a handler is told of the connection. */
export interface HttpEnv {
  /** The address at its other end; behind a proxy that speaks the PROXY protocol, the one that the proxy names. */
  readonly peer?: string | undefined;
}

/** Where a request came from. */
export interface Source {
  /** undefined when it is not known: then nobody is let in by an allow list. */
  readonly address: string | undefined;
  /** Who it counts for where somebody is limited. */
  readonly subscriber: string;
}

export type FindSource = (headers: Headers, env: HttpEnv | undefined) => Source;

export interface SourceOptions {
  /** Networks of the proxies in front, whose word counts. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Header in which they name the client; default X-Forwarded-For. */
  readonly header?: string | undefined;
}

const DEFAULT_HEADER = 'X-Forwarded-For';

/**
 * Where requests come from. A header is believed as far as trusted proxies wrote it: each appends the address it was asked
 * from, so the list is walked from its end, and the first address that is no proxy is the client. What stands before that
 * the client may have written itself.
 *
 * With a header and no trusted proxies (acme-dns' use_header) there is one proxy, whoever it is: the last address counts.
 */
export function createFindSource({ trustedProxies = [], header }: SourceOptions = {}): FindSource {
  if (trustedProxies.length === 0) {
    return header === undefined
      ? (_headers, env) => sourceOf(peerOf(env), peerOf(env))
      : (headers, env) => sourceOf(namedIn(headers, header).at(-1), peerOf(env));
  }
  const isProxy = createInNetworks(trustedProxies);
  return (headers, env) => {
    const peer = peerOf(env);
    if (peer === undefined || !isProxy(peer)) return sourceOf(peer, peer);
    const hops = namedIn(headers, header ?? DEFAULT_HEADER);
    // A trusted proxy that names nobody is asking for itself.
    if (hops.length === 0) return sourceOf(peer, peer);
    const client = hops.findLast((hop) => hop === undefined || !isProxy(hop));
    return sourceOf(hops.every((hop) => hop !== undefined && isProxy(hop)) ? hops[0] : client, peer);
  };
}

function sourceOf(address: string | undefined, peer: string | undefined): Source {
  return { address, subscriber: subscriberOf(address ?? peer ?? 'unknown') };
}

function peerOf(env: HttpEnv | undefined): string | undefined {
  return env?.peer === undefined ? undefined : plainAddress(env.peer);
}

/** The addresses of all lines of a header in their order; undefined where something stands that is none. */
function namedIn(headers: Headers, name: string): (string | undefined)[] {
  const value = headers.get(name);
  if (value === null || value.trim() === '') return [];
  const elements = value.split(',');
  return elements.map((element) => addressOf(name.toLowerCase() === 'forwarded' ? forwardedFor(element) : element));
}

/** RFC 7239 section 4: `proto=https;for="[2001:db8::1]:4711"`. */
function forwardedFor(element: string): string {
  return /(?:^|;)\s*for=\s*(?:"([^"]*)"|([^;\s]*))/i.exec(element)?.slice(1).join('') ?? '';
}

/** Some proxies write a port behind it, and brackets around IPv6. */
function addressOf(text: string): string | undefined {
  const trimmed = text.trim();
  const [, bracketed, ipv4] = /^(?:\[([^\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/.exec(trimmed) ?? [];
  if (bracketed !== undefined) return isIPv6(bracketed) ? plainAddress(bracketed) : undefined;
  if (ipv4 !== undefined) return isIPv4(ipv4) ? ipv4 : undefined;
  return isIP(trimmed) === 0 ? undefined : plainAddress(trimmed);
}
