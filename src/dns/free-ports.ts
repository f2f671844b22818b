import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { DomainError } from '../core/error.ts';
import type { Listener, PlannedListener } from './listener.ts';
import { listenError } from './listen-error.ts';

/** How often to look for a number that is free over UDP and TCP alike. */
const TRIES = 20;

/**
 * The listeners with real ports, each seen to be free: where several threads are to share a port, the kernel would also let
 * them share it with another program that allows it, and each would get some of the queries. Listeners on port 0 of one address
 * get one number.
 * Those at `::` are left out where there is no IPv6 and `0.0.0.0` is served.
 * @throws DomainError `port-in-use`, `port-forbidden`, `invalid-listener`, `no-ipv6`
 */
export async function planListeners(listeners: readonly Listener[], shared: boolean): Promise<PlannedListener[]> {
  for (const { address, port } of listeners) {
    if (isIP(address) === 0 || !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
      throw new DomainError(
        'invalid-listener',
        `DNS cannot listen on "${address}" port ${port}: give an IP address and a port up to 65535`,
      );
    }
  }
  const ports = new Map<string, number>();
  for (const { address } of listeners.filter(({ port }) => port === 0)) {
    if (!ports.has(address)) ports.set(address, await freePort(address));
  }
  const real = listeners.map((listener) => ({
    ...listener,
    port: listener.port === 0 ? (ports.get(listener.address) ?? 0) : listener.port,
  }));
  const planned = real.map((listener) => ({
    ...listener,
    shared,
    ipv6Only: isIPv6(listener.address) && hasIPv4Twin(listener, real),
  }));
  const usable: PlannedListener[] = [];
  for (const listener of planned) {
    try {
      await tryPort(listener, listener.port, listener.ipv6Only);
      usable.push(listener);
    } catch (error) {
      if (!isSpared(error, listener, planned)) throw error;
    }
  }
  return usable;
}

/**
 * Every IPv6 address of a machine whose kernel has no IPv6 is none: where every IPv4 address is served as well, nobody is left out. `[::]`
 * is in the default, and a machine that can do without should need no configuration.
 */
function isSpared(error: unknown, { address, port, transport }: Listener, all: readonly Listener[]): boolean {
  if (address !== '::' || !(error instanceof DomainError) || error.code !== 'no-ipv6') return false;
  return all.some((each) => each.address === '0.0.0.0' && each.port === port && each.transport === transport);
}

function hasIPv4Twin(listener: Listener, all: readonly Listener[]): boolean {
  return all.some(
    ({ address, port, transport }) => isIPv4(address) && port === listener.port && transport === listener.transport,
  );
}

async function freePort(address: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = await tryPort({ address, port: 0, transport: 'tcp' }, 0, false);
    try {
      return await tryPort({ address, port, transport: 'udp' }, port, false);
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

/** Binds and lets go again; resolves to the port. */
function tryPort(listener: Listener, port: number, ipv6Only: boolean): Promise<number> {
  const { address, transport } = listener;
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(listenError(error, { address, port, transport }));
    if (transport === 'tcp') {
      const server = createServer();
      server.once('error', failed);
      server.listen({ host: address, port, ipv6Only, exclusive: true }, () => {
        const bound = server.address();
        server.close(() => resolve(typeof bound === 'object' ? (bound?.port ?? port) : port));
      });
    } else {
      const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only });
      socket.once('error', (error) => {
        socket.close();
        failed(error);
      });
      socket.bind({ address, port, exclusive: true }, () => {
        const bound = socket.address().port;
        socket.close(() => resolve(bound));
      });
    }
  });
}
