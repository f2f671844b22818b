import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { Pebble } from './pebble.ts';

/** What is answered in place of the CA. */
export interface InterposedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface CaProxy {
  /** For issuerYaml: the CA as it is seen through the proxy. */
  readonly pebble: Pick<Pebble, 'rootFile' | 'directoryUrl'>;
  /** Paths that were asked for, with the time in ms. */
  readonly asked: readonly { readonly path: string; readonly at: number }[];
  /** Decides about each request: an answer of its own, or undefined to let it through. */
  answer: (path: string) => InterposedAnswer | undefined;
  stop(): Promise<void>;
}

/** Stands before Pebble, which never limits anybody and never shows a web page, as public CAs do. */
export async function startCaProxy(pebble: Pick<Pebble, 'rootFile' | 'directoryUrl'>): Promise<CaProxy> {
  const cert = readFileSync(pebble.rootFile);
  const key = readFileSync(join(dirname(pebble.rootFile), 'tls.key'));
  const asked: { path: string; at: number }[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    const path = request.url ?? '/';
    asked.push({ path, at: Date.now() });
    const own = proxy.answer(path);
    if (own !== undefined) {
      request.resume();
      response.writeHead(own.status, own.headers).end(own.body);
      return;
    }
    const { hostname, port } = new URL(pebble.directoryUrl);
    const { method, headers } = request;
    // The Host of the client stays: Pebble makes its URLs from it, and looks for it in what is signed.
    const onward = httpsRequest({ hostname, port, path, method, headers, ca: cert, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, headersOf(answer));
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy: CaProxy = {
    pebble: { rootFile: pebble.rootFile, directoryUrl: `https://127.0.0.1:${port}/dir` },
    asked,
    answer: () => undefined,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return proxy;
}

/** Each value of its own: Pebble sends several Link headers. */
function headersOf({ rawHeaders }: IncomingMessage): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    (headers[name] ??= []).push(rawHeaders[index + 1] ?? '');
  }
  return headers;
}
