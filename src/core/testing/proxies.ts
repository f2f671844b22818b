import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface TestProxy {
  readonly port: number;
  /** `kube.test:6443 Basic dTpw` of each tunnel that was asked for. */
  readonly asked: readonly string[];
}

/** A proxy that leads every name to one port of this machine, or answers with a status in place of that. */
export async function connectProxy(
  t: TestContext,
  target: number,
  more: { status?: number; cut?: boolean; tls?: { cert: string; key: string } } = {},
): Promise<TestProxy> {
  const asked: string[] = [];
  /** What is not TLS comes without CONNECT, with the whole URL (RFC 9112 section 3.2.2). */
  const forward: RequestListener = (request, response) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? '-'}`);
    const { method, headers } = request;
    const path = new URL(request.url ?? '').pathname;
    const onward = httpRequest({ host: '127.0.0.1', port: target, method, headers, path, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
  const server: Server = more.tls === undefined ? createHttpServer(forward) : createHttpsServer(more.tls, forward);
  const sockets = socketsOf(server);
  server.on('connect', (request, client: Socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? '-'}`);
    client.on('error', () => {});
    if (more.cut === true) client.destroy();
    else if (more.status !== undefined) client.end(`HTTP/1.1 ${more.status} No\r\n\r\n`);
    else join(client, target, sockets, () => client.write('HTTP/1.1 200 Yes\r\n\r\n'));
  });
  return { port: await listen(t, server, sockets), asked };
}

/** A SOCKS5 proxy without passwords, for names (RFC 1928). */
export async function socksProxy(t: TestContext, target: number): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createServer((client) => {
    client.on('error', () => {});
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', (request: Buffer) => {
        const length = request[4] ?? 0;
        asked.push(`${request.toString('latin1', 5, 5 + length)}:${request.readUInt16BE(5 + length)} -`);
        join(client, target, sockets, () => client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0])));
      });
    });
  });
  const sockets = socketsOf(server);
  return { port: await listen(t, server, sockets), asked };
}

function socketsOf(server: { on(event: 'connection', listener: (socket: Socket) => void): unknown }): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  return sockets;
}

function join(client: Socket, target: number, sockets: Set<Socket>, ready: () => void): void {
  const upstream = connect(target, '127.0.0.1', () => {
    ready();
    client.pipe(upstream).pipe(client);
  });
  sockets.add(upstream);
  upstream.on('error', () => client.destroy());
}

async function listen(
  t: TestContext,
  server: ReturnType<typeof createServer>,
  sockets: ReadonlySet<Socket>,
): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}
