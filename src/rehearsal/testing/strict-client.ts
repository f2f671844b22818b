import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { calculateJwkThumbprint, exportJWK, FlattenedSign, generateKeyPair } from 'jose';
import type { CryptoKey, JWK, JWSHeaderParameters } from 'jose';
import { createCsr } from '../../pki/csr.ts';
import { generateKey } from '../../pki/key.ts';
import type { RehearsalCa } from '../ca.ts';

/** An account key as jose makes it. */
export interface Signer {
  readonly alg: string;
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface PostOptions {
  readonly signer: Signer;
  readonly kid?: string | undefined;
  /** Members of the protected header in place of the right ones; undefined drops one. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** What becomes of the finished JWS before it is sent. */
  readonly tamper?: (jws: Record<string, unknown>) => unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** An ACME client by hand and jose, for tests of the CA: it knows nothing of the project's own client. */
export class StrictClient {
  readonly base: string;
  readonly #agent: Agent;

  constructor(ca: RehearsalCa) {
    this.base = new URL(ca.directoryUrl).origin;
    this.#agent = new Agent({ ca: ca.rootPem, keepAlive: true });
  }

  close(): void {
    this.#agent.destroy();
  }

  send(
    method: string,
    url: string,
    headers: Readonly<Record<string, string | undefined>> = {},
    body = '',
  ): Promise<HttpAnswer> {
    const all = Object.entries({ 'user-agent': 'strict-client', ...headers }).filter(
      ([, value]) => value !== undefined,
    );
    return new Promise((resolve, reject) => {
      const out = httpsRequest(
        new URL(url, this.base),
        { method, agent: this.#agent, headers: Object.fromEntries(all) },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.once('error', reject);
          answer.once('end', () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = text !== '' && /json/.test(answer.headers['content-type'] ?? '');
            const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json });
          });
        },
      );
      out.once('error', reject);
      out.end(body);
    });
  }

  async nonce(): Promise<string> {
    const { headers } = await this.send('HEAD', '/new-nonce');
    return String(headers['replay-nonce']);
  }

  /** Signs and sends; `payload` undefined is POST-as-GET, a string goes as it is. */
  async post(url: string, payload: unknown, o: PostOptions): Promise<HttpAnswer> {
    const full = new URL(url, this.base).href;
    const jws = await sign(payload, o.signer, {
      nonce: await this.nonce(),
      url: full,
      ...(o.kid === undefined ? { jwk: o.signer.jwk } : { kid: o.kid }),
      ...o.header,
    });
    const body = JSON.stringify(o.tamper === undefined ? jws : o.tamper(jws));
    return this.send('POST', full, { 'content-type': 'application/jose+json', ...o.headers }, body);
  }

  async register(
    signer: Signer,
    payload: Record<string, unknown> = { termsOfServiceAgreed: true },
  ): Promise<TestAccount> {
    const answer = await this.post('/new-account', payload, { signer });
    if (answer.headers.location === undefined) throw new Error(`no account: ${answer.text}`);
    return new TestAccount(this, signer, answer.headers.location);
  }
}

export interface OrderJson {
  readonly url: string;
  readonly status: string;
  readonly authorizations: string[];
  readonly finalize: string;
  readonly certificate?: string;
  readonly error?: Record<string, unknown>;
}

/** What is shown of one dns-01 challenge: all that a test needs to answer it. */
export interface Dns01 {
  readonly authorizationUrl: string;
  readonly url: string;
  readonly name: string;
  readonly digest: string;
}

export class TestAccount {
  readonly client: StrictClient;
  readonly signer: Signer;
  readonly url: string;

  constructor(client: StrictClient, signer: Signer, url: string) {
    this.client = client;
    this.signer = signer;
    this.url = url;
  }

  post(url: string, payload: unknown, more: Partial<PostOptions> = {}): Promise<HttpAnswer> {
    return this.client.post(url, payload, { signer: this.signer, kid: this.url, ...more });
  }

  get(url: string): Promise<HttpAnswer> {
    return this.post(url, undefined);
  }

  async order(names: readonly string[], more: Record<string, unknown> = {}): Promise<OrderJson> {
    const identifiers = names.map((value) => ({ type: 'dns', value }));
    const answer = await this.post('/new-order', { identifiers, ...more });
    if (answer.status !== 201) throw new Error(`no order: ${answer.text}`);
    return { ...(answer.json as unknown as OrderJson), url: String(answer.headers.location) };
  }

  async challenges(order: OrderJson): Promise<Dns01[]> {
    const thumbprint = await calculateJwkThumbprint(this.signer.jwk);
    return Promise.all(
      order.authorizations.map(async (authorizationUrl) => {
        const { json } = await this.get(authorizationUrl);
        const { value } = json['identifier'] as { value: string };
        const challenges = json['challenges'] as { type: string; url: string; token: string }[];
        const challenge = challenges.find((found) => found.type === 'dns-01');
        if (challenge === undefined) throw new Error(`no dns-01 in ${JSON.stringify(json)}`);
        const digest = createHash('sha256').update(`${challenge.token}.${thumbprint}`).digest('base64url');
        return { authorizationUrl, url: challenge.url, name: `_acme-challenge.${value}`, digest };
      }),
    );
  }

  /** Reads until the status is none of `passing`; the CA answers at once, so this waits for the thing itself. */
  async settled(url: string, passing: readonly string[]): Promise<Record<string, unknown>> {
    for (let tries = 0; tries < 2000; tries++) {
      const { json } = await this.get(url);
      if (!passing.includes(String(json['status']))) return json;
    }
    throw new Error(`${url} stays in ${passing.join(', ')}`);
  }

  /** Answers all challenges by `present` and waits until the order is ready. */
  async prove(order: OrderJson, present: (challenge: Dns01) => void): Promise<void> {
    const challenges = await this.challenges(order);
    for (const challenge of challenges) present(challenge);
    for (const challenge of challenges) await this.post(challenge.url, {});
    const { status } = await this.settled(order.url, ['pending']);
    if (status !== 'ready') throw new Error(`the order is ${String(status)}`);
  }

  async finalize(order: OrderJson, names: readonly string[], privateKey: string): Promise<HttpAnswer> {
    const csr = Buffer.from(await createCsr({ privateKey, names })).toString('base64url');
    return this.post(order.finalize, { csr });
  }

  /** From the order to the chain, all as it should be. */
  async issue(
    names: readonly string[],
    present: (challenge: Dns01) => void,
    more: Record<string, unknown> = {},
  ): Promise<{ chain: string; privateKey: string; certificateUrl: string; order: OrderJson }> {
    const order = await this.order(names, more);
    await this.prove(order, present);
    const privateKey = await generateKey('P-256');
    const finalized = await this.finalize(order, names, privateKey);
    if (finalized.status !== 200) throw new Error(`not finalized: ${finalized.text}`);
    const done = await this.settled(order.url, ['processing']);
    const certificateUrl = String(done['certificate']);
    const { text } = await this.get(certificateUrl);
    return { chain: text, privateKey, certificateUrl, order };
  }
}

export async function createSigner(alg: string): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, privateKey, jwk: await exportJWK(publicKey) };
}

export async function sign(
  payload: unknown,
  signer: Signer,
  header: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const text = payload === undefined ? '' : typeof payload === 'string' ? payload : JSON.stringify(payload);
  const entries = Object.entries({ alg: signer.alg, ...header }).filter(([, value]) => value !== undefined);
  const jws = await new FlattenedSign(Buffer.from(text))
    .setProtectedHeader(Object.fromEntries(entries) as JWSHeaderParameters)
    .sign(signer.privateKey);
  return { ...jws };
}
