import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { EmbeddedJWK, flattenedVerify, importJWK } from 'jose';
import type { FlattenedJWSInput, JWK } from 'jose';

/** One signed request, its signature, nonce and URL checked. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly header: Readonly<Record<string, unknown>>;
  /** undefined for POST-as-GET. */
  readonly payload: unknown;
  /** The body as it came. */
  readonly body: string;
  /** Its nonce had been used. */
  readonly replayed: boolean;
}

export type Answer =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string | string[]>>;
      readonly json?: unknown;
      readonly body?: string;
      /** No Replay-Nonce in the answer. */
      readonly noNonce?: true;
      /** Cuts the connection before anything, or in the middle of the body. */
      readonly cut?: 'before' | 'during';
    }
  | 'silence';

type Script = Answer | ((request: SeenRequest) => Answer);

export interface ScriptedCa {
  readonly url: string;
  readonly directoryUrl: string;
  /** All requests in order: `GET /directory`. */
  readonly log: readonly string[];
  readonly seen: readonly SeenRequest[];
  /** Answers for a path, used up in order; the last one stays. */
  script(path: string, ...answers: readonly Script[]): void;
  /** From now on requests of an account are verified with this key. */
  knowKey(accountUrl: string, jwk: JWK): void;
  /** From now on a nonce that comes a second time gets this answer, and is no fault of the test. */
  tolerateReplays(answer: Answer): void;
  stop(): Promise<void>;
}

/** A CA that says what a test tells it to, and checks each request as RFC 8555 section 6 asks, with jose as the judge. */
export async function startScriptedCa(): Promise<ScriptedCa> {
  const log: string[] = [];
  const seen: SeenRequest[] = [];
  const scripts = new Map<string, Script[]>();
  const nonces = new Set<string>();
  const keys = new Map<string, JWK>();
  let count = 0;
  let replayAnswer: Answer | undefined;

  function freshNonce(): string {
    count += 1;
    const nonce = `nonce-${count}`;
    nonces.add(nonce);
    return nonce;
  }

  async function check(request: IncomingMessage, body: string): Promise<SeenRequest> {
    const { method = '', url: path = '', headers } = request;
    if (method !== 'POST') return { method, path, headers, header: {}, payload: undefined, body, replayed: false };
    const jws = JSON.parse(body) as FlattenedJWSInput;
    const { protectedHeader, payload } = await flattenedVerify(jws, (header, token) => {
      const known = keys.get(String(header?.['kid']));
      return known === undefined ? EmbeddedJWK(header, token) : importJWK(known, header?.alg);
    });
    const header = { ...protectedHeader } as Record<string, unknown>;
    if (headers['content-type'] !== 'application/jose+json') throw new Error(`wrong type ${headers['content-type']}`);
    if (header['url'] !== `${ca.url}${path}`) throw new Error(`signed for ${String(header['url'])}, sent to ${path}`);
    const replayed = !nonces.delete(String(header['nonce']));
    if (replayed && replayAnswer === undefined) throw new Error(`the nonce ${String(header['nonce'])} was not given`);
    if ('jwk' in header === 'kid' in header) throw new Error('exactly one of jwk and kid must be there');
    const said = Buffer.from(payload).toString();
    return { method, path, headers, header, payload: said === '' ? undefined : JSON.parse(said), body, replayed };
  }

  function answerFor(request: SeenRequest): Answer {
    if (request.replayed && replayAnswer !== undefined) return replayAnswer;
    const list = scripts.get(request.path) ?? [];
    const script = list.length > 1 ? list.shift() : list[0];
    if (script !== undefined) return typeof script === 'function' ? script(request) : script;
    if (request.path === '/directory') return { json: directoryAt(ca.url) };
    if (request.path === '/new-nonce') return {};
    if (request.path === '/new-account') {
      keys.set(`${ca.url}/account/1`, request.header['jwk'] as JWK);
      return { status: 201, headers: { location: `${ca.url}/account/1` }, json: { status: 'valid' } };
    }
    return { status: 404 };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const checked = await check(request, body);
    log.push(`${checked.method} ${checked.path}`);
    seen.push(checked);
    const answer = answerFor(checked);
    if (answer === 'silence') return;
    if (answer.cut === 'before') return void request.socket.destroy();
    const content = answer.json === undefined ? (answer.body ?? '') : JSON.stringify(answer.json);
    const nonce = answer.noNonce ? {} : { 'replay-nonce': freshNonce() };
    const type = { 'content-type': answer.json === undefined ? 'text/plain' : 'application/json' };
    const length = { 'content-length': Buffer.byteLength(content) };
    response.writeHead(answer.status ?? 200, { ...type, ...length, ...nonce, ...answer.headers });
    if (answer.cut === 'during') {
      response.write(content.slice(0, content.length / 2), () => request.socket.destroy());
    } else {
      response.end(content);
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      log.push(`REFUSED ${String(error)}`);
      response.writeHead(418).end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ca: ScriptedCa = {
    url,
    directoryUrl: `${url}/directory`,
    log,
    seen,
    knowKey: (accountUrl, jwk) => void keys.set(accountUrl, jwk),
    tolerateReplays: (answer) => void (replayAnswer = answer),
    script: (path, ...answers) => void scripts.set(path, [...answers]),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return ca;
}

export function directoryAt(url: string): Record<string, unknown> {
  return {
    newNonce: `${url}/new-nonce`,
    newAccount: `${url}/new-account`,
    newOrder: `${url}/new-order`,
    revokeCert: `${url}/revoke-cert`,
    keyChange: `${url}/key-change`,
    renewalInfo: `${url}/renewal-info`,
    meta: { termsOfService: `${url}/terms`, profiles: { short: 'seven days' } },
  };
}

/** A refusal with a problem document. */
export function refusal(type: string, detail: string, status = 400, more: object = {}): Exclude<Answer, 'silence'> {
  return { status, json: { type: `urn:ietf:params:acme:error:${type}`, detail, ...more } };
}
