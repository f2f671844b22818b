import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Line } from '../core/line.ts';
import { type InNetworks, plainAddress, subscriberOf } from './networks.ts';
import { readProxyHeader } from './proxy-header.ts';

export interface AcceptOptions {
  /** Connections at a time for each subscriber; 0: any number. Proxies are not counted, those behind them are. */
  readonly perSubscriber: number;
  readonly isProxy: InNetworks;
  /** Whether connections of proxies begin with a header of the PROXY protocol. */
  readonly proxyProtocol: boolean;
  /** ms that a proxy may take for it. */
  readonly headerTimeout: number;
}

/** The connections of some servers, from the moment they are there. */
export interface Acceptor {
  /** Puts itself between a server and its new connections. Call before it listens. */
  attach(server: Server): void;
  /** The address at the other end, or behind the proxy there; undefined for a connection that is gone. */
  peerOf(socket: Socket): string | undefined;
  /** Cuts those that have not said yet whom they are for: the server does not know them. */
  cutUnfinished(): void;
  /** Cuts every connection, whatever it is doing: the server does not know those any more whose last answer is on its way. */
  cutAll(): void;
}

export function createAcceptor(options: AcceptOptions): Acceptor {
  const { perSubscriber, isProxy, proxyProtocol, headerTimeout } = options;
  const counts = new Map<string, number>();
  /** By what a socket and the TLS socket on it have in common. */
  const named = new Map<string, string>();
  const unfinished = new Set<Socket>();
  const open = new Line<Socket>();

  function take(socket: Socket, peer: string | undefined, handOver: (socket: Socket) => void): void {
    const isCounted = perSubscriber > 0 && peer !== undefined && !isProxy(peer);
    if (isCounted && !count(socket, subscriberOf(peer))) socket.destroy();
    else handOver(socket);
  }

  function count(socket: Socket, subscriber: string): boolean {
    const now = counts.get(subscriber) ?? 0;
    if (now >= perSubscriber) return false;
    counts.set(subscriber, now + 1);
    socket.once('close', () => {
      const left = (counts.get(subscriber) ?? 1) - 1;
      if (left > 0) counts.set(subscriber, left);
      else counts.delete(subscriber);
    });
    return true;
  }

  async function takeBehindProxy(socket: Socket, proxy: string, handOver: (socket: Socket) => void): Promise<void> {
    unfinished.add(socket);
    const found = await readHeader(socket, headerTimeout);
    unfinished.delete(socket);
    if (found === undefined || socket.destroyed) {
      socket.destroy();
      return;
    }
    const client = found.source === undefined ? proxy : plainAddress(found.source);
    const key = endOf(socket);
    named.set(key, client);
    socket.once('close', () => named.delete(key));
    take(socket, client, handOver);
  }

  return {
    attach(server) {
      const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
      server.removeAllListeners('connection');
      const handOver = (socket: Socket) => {
        for (const listener of listeners) listener.call(server, socket);
      };
      server.on('connection', (socket: Socket) => {
        const place = open.join(socket);
        socket.once('close', () => place.leave());
        const peer = remoteOf(socket);
        if (proxyProtocol && peer !== undefined && isProxy(peer)) void takeBehindProxy(socket, peer, handOver);
        else take(socket, peer, handOver);
      });
    },
    peerOf: (socket) => (named.size === 0 ? undefined : named.get(endOf(socket))) ?? remoteOf(socket),
    cutUnfinished() {
      for (const socket of unfinished) socket.destroy();
    },
    cutAll() {
      for (const socket of open) socket.destroy();
    },
  };
}

/** Leaves what follows the header in the socket. undefined: there is none, or it did not come in time. */
function readHeader(socket: Socket, timeout: number): Promise<{ source: string | undefined } | undefined> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const settle = (found: { source: string | undefined } | undefined) => {
      clearTimeout(timer);
      socket.off('readable', onReadable).off('close', onGone).off('end', onGone);
      resolve(found);
    };
    const onGone = () => settle(undefined);
    const onReadable = () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      bytes = Buffer.concat([bytes, chunk]);
      const header = readProxyHeader(bytes);
      if (header.kind === 'unfinished') return;
      if (header.kind === 'none') return settle(undefined);
      if (header.length < bytes.length) socket.unshift(bytes.subarray(header.length));
      settle({ source: header.source });
    };
    const timer = setTimeout(onGone, timeout);
    // It may fail at any time from now on; who reads from it then is told by `close`.
    socket.on('error', () => {});
    socket.on('readable', onReadable).on('close', onGone).on('end', onGone);
  });
}

function remoteOf({ remoteAddress }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : plainAddress(remoteAddress);
}

function endOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
