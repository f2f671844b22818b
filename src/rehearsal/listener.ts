import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import { DomainError, messageOf } from '../core/error.ts';
import type { TlsIdentity } from './authorities.ts';
import { problemJson } from './problem.ts';
import type { Outcome, RawRequest } from './router.ts';

/** More than any ACME request needs: a CSR for 100 names with RSA 4096 has about 7 kB. */
const LARGEST_BODY = 128 * 1024;

export interface Listener {
  /** `https://host:port` */
  readonly base: string;
  stop(): Promise<void>;
}

/** HTTPS in front of the router. @throws DomainError `port-in-use`, `address-not-usable` */
export async function startListener(o: {
  listen: { readonly address: string; readonly port: number };
  tls: TlsIdentity;
  answer: (request: RawRequest) => Promise<Outcome>;
}): Promise<Listener> {
  const server = createServer({ key: o.tls.privateKey, cert: o.tls.certificatePem, minVersion: 'TLSv1.2' });
  // Longer than Node's 5 s: a client that comes back after a pause should not meet a connection that is just being closed.
  server.keepAliveTimeout = 60_000;
  server.on('request', (request, response) => {
    // What is thrown here is the client going away in the middle; there is nobody left to tell.
    void serve(request, response, o.answer).catch(() => request.destroy());
  });
  await listen(server, o.listen);
  const { port } = server.address() as AddressInfo;
  return {
    base: `https://${hostOf(o.listen.address)}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, at: { readonly address: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const where = `${at.address}:${at.port}`;
      const taken = 'code' in error && error.code === 'EADDRINUSE';
      const message = taken
        ? `the rehearsal CA cannot listen on ${where}: another program does; choose another port, or 0 for a free one`
        : `the rehearsal CA cannot listen on ${where}: ${messageOf(error)}`;
      reject(new DomainError(taken ? 'port-in-use' : 'address-not-usable', message, { cause: error }));
    });
    server.listen(at.port, at.address, resolve);
  });
}

function hostOf(address: string): string {
  if (address === '0.0.0.0' || address === '::') return 'localhost';
  return isIPv6(address) ? `[${address}]` : address;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: RawRequest) => Promise<Outcome>,
): Promise<void> {
  const { headers, method = '', url: target = '' } = request;
  const body = await readBody(request);
  if (body === undefined) {
    const problem = problemJson({
      type: 'malformed',
      detail: `the body has more than ${LARGEST_BODY} octets`,
      status: 413,
    });
    response
      .writeHead(413, { 'content-type': 'application/problem+json', connection: 'close' })
      .end(JSON.stringify(problem));
    return;
  }
  const outcome = await answer({ method, target, headers, body });
  if (outcome.kind === 'silence') return;
  if (outcome.kind === 'cut') {
    request.socket.destroy();
    return;
  }
  const length = Buffer.byteLength(outcome.body);
  response.writeHead(
    outcome.status,
    outcome.status === 204 ? outcome.headers : { ...outcome.headers, 'content-length': length },
  );
  if (outcome.kind === 'answer' || method === 'HEAD') {
    response.end(method === 'HEAD' ? undefined : outcome.body);
    return;
  }
  // Half of what Content-Length announced has to be on its way before the connection goes.
  response.write(outcome.body.slice(0, outcome.body.length / 2), () => request.socket.destroy());
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not destroyed when it is too large: the refusal still has to go back the same way.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
