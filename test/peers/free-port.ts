import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range that the kernel takes client ports from, so that no outgoing connection takes the port meanwhile. */
const LOWEST = 12_000;
const HIGHEST = 32_000;
/** Test files run side by side, each in a process of its own: each takes from a slice of its own, one port after the other. */
const SLICE = 100;
const slices = (HIGHEST - LOWEST) / SLICE;
const lowestOfOurs = LOWEST + (process.pid % slices) * SLICE;
let taken = 0;

/** A port of 127.0.0.1 that is free for UDP and for TCP, for programs that cannot be given port 0. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = lowestOfOurs + (taken++ % SLICE);
    if ((await isFreeForTcp(port)) && (await isFreeForUdp(port))) return port;
  }
  throw new Error(`no port of 127.0.0.1 from ${lowestOfOurs} on is free for both UDP and TCP`);
}

async function isFreeForTcp(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
