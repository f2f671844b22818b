import type { Authorization } from '../../acme/authorization.ts';
import type { Challenge } from '../../acme/challenge.ts';
import type { Order } from '../../acme/order.ts';
import { AcmeError } from '../../acme/problem.ts';
import type { AcmeErrorOptions } from '../../acme/problem.ts';
import { parseCsr } from '../../pki/csr.ts';
import { createIntermediate, createRoot, issueCertificate } from '../../pki/issue.ts';
import type { Authority } from '../../pki/issue.ts';
import type { AcmeCalls } from '../acme-calls.ts';

type Method = Exclude<keyof AcmeCalls, 'dns01Value'>;
type Answer = (real: () => Promise<unknown>) => unknown;

/**
 * A CA without HTTP, JWS and DNS: it believes every challenge. Its answers can be scripted one by one, and its orders and
 * authorizations changed by hand.
 */
export interface ScriptedAcme extends AcmeCalls {
  /** All calls, in order: `createOrder`, `acceptChallenge /challenge/1`, ... */
  readonly calls: readonly string[];
  readonly orders: readonly MutableOrder[];
  readonly authorizations: ReadonlyMap<string, MutableAuthorization>;
  /** The next call of this method is answered so; the ones after it by the answers scripted after this one, then as usual. */
  script(method: Method, ...answers: readonly Answer[]): void;
  count(method: Method): number;
  /** What the chain is made with; another one gives a wrong certificate. */
  issue: (csr: Uint8Array, names: readonly string[]) => Promise<string>;
}

export type MutableOrder = { -readonly [K in keyof Order]: Order[K] } & { csr?: Uint8Array };
export type MutableAuthorization = { -readonly [K in keyof Authorization]: Authorization[K] };

const BASE = 'https://ca.example';

/** `ready` makes orders that need no challenge; `processing` is how many looks an order takes to become valid. */
export async function createScriptedAcme(o: {
  now: () => number;
  ready?: boolean;
  processing?: number;
}): Promise<ScriptedAcme> {
  const calls: string[] = [];
  const scripts = new Map<Method, Answer[]>();
  const orders: MutableOrder[] = [];
  const authorizations = new Map<string, MutableAuthorization>();
  const looksLeft = new Map<string, number>();
  const authority = await authorityAt(o.now());

  const find = (url: string): MutableOrder => {
    const found = orders.find((order) => order.url === url);
    if (found === undefined) throw acmeError('acme-not-found', { status: 404 });
    return found;
  };

  function newAuthorization(name: string): string {
    const url = `${BASE}/authz/${authorizations.size + 1}`;
    const challenge: Challenge = {
      type: 'dns-01',
      url: url.replace('authz', 'challenge'),
      status: 'pending',
      token: `token-${authorizations.size + 1}`,
    };
    const status = o.ready === true ? 'valid' : 'pending';
    const wildcard = name.startsWith('*.');
    const value = name.replace(/^\*\./, '');
    authorizations.set(url, { url, status, identifier: { type: 'dns', value }, wildcard, challenges: [challenge] });
    return url;
  }

  function refresh(order: MutableOrder): void {
    const parts = order.authorizationUrls.map((url) => authorizations.get(url)?.status);
    if (order.status === 'pending' && parts.every((status) => status === 'valid')) order.status = 'ready';
    if (order.status === 'pending' && parts.includes('invalid')) order.status = 'invalid';
    if (order.status !== 'processing') return;
    const left = looksLeft.get(order.url) ?? 0;
    looksLeft.set(order.url, left - 1);
    if (left > 0) return;
    order.status = 'valid';
    order.certificateUrl = order.url.replace('order', 'certificate');
  }

  const acme: ScriptedAcme = {
    calls,
    orders,
    authorizations,
    issue: async (csr, names) => {
      const { publicKey } = await parseCsr(csr);
      const leaf = await issueCertificate({
        issuer: authority,
        publicKey,
        names,
        notBefore: o.now() - 1000,
        notAfter: o.now() + 90 * 86_400_000,
      });
      return leaf + authority.certificate;
    },
    script(method, ...answers) {
      scripts.set(method, [...(scripts.get(method) ?? []), ...answers]);
    },
    count: (method) => calls.filter((call) => call.split(' ')[0] === method).length,
    createOrder: ({ names }) =>
      answered('createOrder', '', async () => {
        const url = `${BASE}/order/${orders.length + 1}`;
        const identifiers = names.map((value) => ({ type: 'dns', value }));
        const authorizationUrls = names.map(newAuthorization);
        const order: MutableOrder = {
          url,
          status: 'pending',
          identifiers,
          authorizationUrls,
          finalizeUrl: `${url}/finalize`,
        };
        orders.push(order);
        refresh(order);
        return { ...order };
      }),
    listOrders: () => answered('listOrders', '', async () => orders.map(({ url }) => url)),
    getOrder: (url) =>
      answered('getOrder', url, async () => {
        const order = find(url);
        refresh(order);
        return { ...order };
      }),
    getAuthorization: (url) =>
      answered('getAuthorization', url, async () => {
        const found = authorizations.get(url);
        if (found === undefined) throw acmeError('acme-not-found', { status: 404 });
        return { ...found };
      }),
    acceptChallenge: (url) =>
      answered('acceptChallenge', url, async () => {
        const authorization = [...authorizations.values()].find(({ challenges }) => challenges[0]?.url === url);
        if (authorization === undefined) throw acmeError('acme-not-found', { status: 404 });
        if (authorization.status !== 'pending')
          throw acmeError('acme-malformed', { status: 400, retry: { kind: 'never' } });
        authorization.status = 'valid';
        return authorization.challenges[0];
      }),
    finalizeOrder: ({ url }, csr) =>
      answered('finalizeOrder', url, async () => {
        const order = find(url);
        if (order.status !== 'ready') throw acmeError('acme-order-not-ready', { status: 403 });
        order.status = 'processing';
        order.csr = csr;
        looksLeft.set(url, o.processing ?? 0);
        return { ...order };
      }),
    downloadChain: (url) =>
      answered('downloadChain', url, async () => {
        const order = find(url.replace('certificate', 'order'));
        return await acme.issue(
          order.csr ?? new Uint8Array(),
          order.identifiers.map(({ value }) => value),
        );
      }),
    dns01Value: (token) => `value-of-${token}`,
  };

  async function answered<T>(method: Method, url: string, real: () => Promise<T>): Promise<T> {
    calls.push(`${method} ${url.replace(BASE, '')}`.trim());
    const scripted = scripts.get(method)?.shift();
    return scripted === undefined ? real() : ((await scripted(real)) as T);
  }
  return acme;
}

/** An answer that refuses. `doneFirst`: the CA did what it was asked to, and only the answer is lost. */
export function refuse(code: AcmeError['code'], options: Partial<AcmeErrorOptions> = {}, doneFirst = false): Answer {
  return async (real) => {
    if (doneFirst) await real();
    throw acmeError(code, options);
  };
}

export function acmeError(code: AcmeError['code'], options: Partial<AcmeErrorOptions> = {}): AcmeError {
  return new AcmeError(code, `the CA says ${code}`, { retry: { kind: 'backoff' }, ...options });
}

async function authorityAt(now: number): Promise<Authority> {
  const validity = { notBefore: now - 86_400_000, notAfter: now + 3650 * 86_400_000 };
  const root = await createRoot({ ...validity, commonName: 'scripted root' });
  return createIntermediate({ ...validity, issuer: root, commonName: 'scripted intermediate' });
}
