import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { challengeZone, exampleNames, queryFor } from './example-zones.fixture.ts';
import { decodeMessage } from './message.ts';
import { type DnsServer, startDnsServer } from './server.ts';
import { TcpFrames, tcpFrame } from './tcp-frames.ts';
import type { TcpLimits } from './tcp-listener.ts';

async function serve(tcpLimits: Partial<TcpLimits>): Promise<{ server: DnsServer; open: () => Promise<Socket> }> {
  const listeners = [{ address: '127.0.0.1', port: 0, transport: 'tcp' as const }];
  const server = await startDnsServer({
    listeners,
    zones: [challengeZone],
    names: exampleNames(),
    workers: 0,
    tcpLimits,
  });
  const open = async (): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port: server.addresses[0]?.port ?? 0 });
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  return { server, open };
}

/** The next `count` answers on a connection. */
async function answers(socket: Socket, count: number): Promise<number[]> {
  const frames = new TcpFrames(65_535);
  const ids: number[] = [];
  while (ids.length < count) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    ids.push(...frames.push(chunk).map((bytes) => decodeMessage(bytes).id));
  }
  return ids;
}

const framed = (id: number, owner = 'full.auth.example.net'): Uint8Array => tcpFrame(queryFor(owner, 'TXT', { id }));
/** Not `once`: a connection that is reset closes too. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.resume().on('close', () => resolve());
    if (socket.closed) resolve();
  });

describe('answers over TCP', () => {
  let server: DnsServer;
  let open: () => Promise<Socket>;
  before(async () => void ({ server, open } = await serve({ connections: 4, idle: 60_000, message: 60_000 })));
  after(() => server.stop());

  test('RFC 7766 6.2.1.1: many queries on one connection, without waiting for answers', async () => {
    const socket = await open();
    socket.write(Buffer.concat([framed(1), framed(2), framed(3)]));
    assert.deepEqual(await answers(socket, 3), [1, 2, 3]);
    socket.write(framed(4));
    assert.deepEqual(await answers(socket, 1), [4]);
    socket.destroy();
  });

  test('RFC 7766 8: a query that comes octet by octet', async () => {
    const socket = await open();
    socket.setNoDelay(true);
    for (const octet of framed(7)) socket.write(Uint8Array.of(octet));
    assert.deepEqual(await answers(socket, 1), [7]);
    socket.destroy();
  });

  test('a client that closes its side after the question still gets the answer', async () => {
    const socket = await open();
    socket.end(framed(9));
    assert.deepEqual(await answers(socket, 1), [9]);
    await closed(socket);
  });

  test('when there are too many connections, the one idle longest goes, and new ones are served', async () => {
    const sockets = [await open(), await open(), await open(), await open()];
    for (const [at, socket] of sockets.entries()) {
      socket.write(framed(at));
      await answers(socket, 1);
    }
    const [first, second] = sockets;
    assert.ok(first && second);
    first.write(framed(10));
    await answers(first, 1);
    const fresh = await open();
    fresh.write(framed(11));
    assert.deepEqual(await answers(fresh, 1), [11]);
    await closed(second);
    first.write(framed(12));
    assert.deepEqual(await answers(first, 1), [12]);
    for (const socket of [...sockets, fresh]) socket.destroy();
  });

  test('an answer sent to us ends the connection', async () => {
    const socket = await open();
    socket.write(tcpFrame(queryFor('one.auth.example.net', 'TXT', { flags: 0x8000 })));
    await closed(socket);
  });
});

describe('limits over TCP', () => {
  const ROWS: { what: string; limits: Partial<TcpLimits>; send: (socket: Socket) => void }[] = [
    { what: 'a connection that says nothing', limits: { idle: 30 }, send: () => {} },
    {
      what: 'a connection that falls silent after a query',
      limits: { idle: 30 },
      send: (socket) => socket.write(framed(1)),
    },
    {
      what: 'a message that does not come to its end, however steadily it comes',
      limits: { message: 100 },
      send: (socket) => {
        socket.write(Uint8Array.of(0, 200));
        const drip = setInterval(() => socket.write(Uint8Array.of(0)), 5);
        socket.on('close', () => clearInterval(drip));
      },
    },
    {
      what: 'a message longer than a query has to be',
      limits: { query: 512 },
      send: (socket) => socket.write(Uint8Array.of(0x02, 0x01)),
    },
    {
      what: 'a client that asks and does not take the answers',
      limits: { unsent: 20_000 },
      send: (socket) => {
        socket.pause();
        for (let id = 0; id < 5000; id++) socket.write(framed(id));
      },
    },
  ];
  for (const { what, limits, send } of ROWS) {
    test(`${what} is closed and counted`, { timeout: 10_000 }, async (t) => {
      const { server, open } = await serve(limits);
      t.after(() => server.stop());
      const socket = await open();
      send(socket);
      if (limits.unsent === undefined) await closed(socket);
      // A client that does not read is not told either; the server knows.
      else while (server.counters().connectionsCut === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(server.counters().connectionsCut, 1);
      socket.destroy();
    });
  }

  test('stopping closes what is open', async () => {
    const { server, open } = await serve({});
    const socket = await open();
    await server.stop();
    await closed(socket);
    await server.stop();
  });
});
