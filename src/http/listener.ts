import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Line } from '../core/line.ts';
import { type Acceptor, createAcceptor } from './accept.ts';
import { type DescribeHolder, type HttpAddress, listen } from './listen.ts';
import { createInNetworks } from './networks.ts';
import { readRequestBody } from './request-body.ts';
import type { HttpEnv } from './source.ts';

/** PEM. `key` is secret. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
}

/** What a client may cost us. Times in ms, sizes in bytes. */
export interface HttpLimits {
  readonly body: number;
  readonly connections: number;
  /** For each IPv4 address and each /64 of IPv6, proxies apart; 0: any number. */
  readonly connectionsPerSubscriber: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeout: number;
  /** From the first byte of a request to the end of its body. */
  readonly requestTimeout: number;
  /** Between two requests on one connection. */
  readonly idleTimeout: number;
}

export const defaultHttpLimits: HttpLimits = {
  body: 64 * 1024,
  connections: 10_000,
  connectionsPerSubscriber: 0,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  idleTimeout: 60_000,
};

export interface HttpOptions {
  readonly listeners: readonly HttpAddress[];
  readonly app: { fetch(request: Request, env: HttpEnv): Response | Promise<Response> };
  /** Serves HTTPS when given. */
  readonly tls?: TlsMaterial | undefined;
  readonly limits?: Partial<HttpLimits>;
  /** Networks of the proxies in front. */
  readonly trustedProxies?: readonly string[];
  /** Whether their connections begin with a header of the PROXY protocol, version 1 or 2. */
  readonly proxyProtocol?: boolean;
  readonly describeHolder?: DescribeHolder;
}

export interface HttpServer {
  /** With the real ports, in the order of the listeners. */
  readonly addresses: readonly HttpAddress[];
  /** New connections use it; those that are open go on. */
  replaceTls(tls: TlsMaterial): void;
  /** Takes no new connections, lets requests under way end for up to `grace` ms (default 5000), then cuts the rest. */
  stop(grace?: number): Promise<void>;
}

/** How often Node looks for connections that are past their time, in ms. */
const CHECK_INTERVAL = 1000;
/** How long a client whose body is too large may go on sending before it is cut, in ms: it should see the answer first. */
const LINGER = 500;
/** Requests that one connection may have open at a time: clients send the next one when they have the answer, or a few before. */
const MOST_PIPELINED = 16;

/**
 * Listens on all addresses or on none.
 * @throws DomainError `port-in-use`, `port-forbidden`, `address-unavailable`
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const limits = { ...defaultHttpLimits, ...options.limits };
  const { getRequestListener } = await import('@hono/node-server');
  const acceptor = createAcceptor({
    perSubscriber: limits.connectionsPerSubscriber,
    isProxy: createInNetworks(options.trustedProxies ?? []),
    proxyProtocol: options.proxyProtocol ?? false,
    headerTimeout: limits.headersTimeout,
  });
  const respond = getRequestListener(
    (request, { incoming }) => options.app.fetch(request, { peer: acceptor.peerOf(incoming.socket) }),
    // Its own Response in place of the global one costs a tenth less for each answer.
    { hostname: 'localhost', overrideGlobalObjects: true },
  );
  let stopping = false;
  const underWay = new Line<ServerResponse>();
  const pipelined = new WeakMap<Socket, number>();
  const listener: RequestListener = (incoming, outgoing) => {
    const { socket } = incoming;
    const open = (pipelined.get(socket) ?? 0) + 1;
    pipelined.set(socket, open);
    // Somebody who asks and does not read would have us keep all the answers.
    if (open > MOST_PIPELINED) socket.destroy();
    if (socket.destroyed) return;
    if (stopping) outgoing.setHeader('connection', 'close');
    const place = underWay.join(outgoing);
    outgoing.once('close', () => {
      place.leave();
      pipelined.set(socket, (pipelined.get(socket) ?? 1) - 1);
    });
    void answerOne(incoming, outgoing, limits.body, respond);
  };
  const servers: Server[] = [];
  const stop = async (grace = 5000) => {
    stopping = true;
    // Node closes connections that are idle; these are not to become so.
    for (const outgoing of underWay) if (!outgoing.headersSent) outgoing.setHeader('connection', 'close');
    acceptor.cutUnfinished();
    await Promise.all(servers.map((server) => closeServer(server, grace, acceptor)));
  };
  try {
    for (const at of options.listeners) {
      const server = await createServer(options.tls, limits, listener);
      acceptor.attach(server);
      await listen(server, at, options.listeners, options.describeHolder);
      servers.push(server);
    }
  } catch (error) {
    await stop(0);
    throw error;
  }
  return {
    addresses: servers.map((server) => {
      const { address, port } = server.address() as AddressInfo;
      return { address, port };
    }),
    replaceTls(tls) {
      for (const server of servers) (server as TlsServer).setSecureContext({ ...tls, minVersion: 'TLSv1.2' });
    },
    stop,
  };
}

async function createServer(
  tls: TlsMaterial | undefined,
  limits: HttpLimits,
  listener: RequestListener,
): Promise<Server> {
  const options = {
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.idleTimeout,
    connectionsCheckingInterval: CHECK_INTERVAL,
  };
  const server =
    tls === undefined
      ? (await import('node:http')).createServer(options, listener)
      : (await import('node:https')).createServer(
          { ...options, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: limits.headersTimeout },
          listener,
        );
  server.maxConnections = limits.connections;
  // A socket on which nothing moves at all, also while we write to it.
  server.timeout = Math.max(limits.idleTimeout, limits.requestTimeout);
  return server;
}

/** The body is read here, below the framework: whatever a handler does, no client makes us keep more than the limit. */
async function answerOne(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  limit: number,
  respond: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>,
): Promise<void> {
  const body = await readRequestBody(incoming, limit);
  if (body === 'aborted') return;
  if (body !== 'too-large') {
    // The name under which @hono/node-server takes a body that was read already.
    await respond(Object.assign(incoming, { rawBody: body }), outgoing);
    return;
  }
  outgoing.writeHead(413, { 'content-type': 'application/json', connection: 'close' });
  outgoing.end('{"error": "body_too_large"}', () => setTimeout(() => incoming.socket.destroy(), LINGER).unref());
  incoming.resume();
}

function closeServer(server: Server, grace: number, acceptor: Acceptor): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => acceptor.cutAll(), grace);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}
