import { AcmeError } from './problem.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { HttpResponse } from './http.ts';

/** ms since the epoch by the local clock, or undefined. */
export function retryAfterOf(response: HttpResponse): number | undefined {
  const received = { at: response.receivedAt, date: response.headers.get('date') };
  return parseRetryAfter(response.headers.get('retry-after'), received);
}

/** @throws AcmeError `acme-bad-response` */
export function jsonOf(response: HttpResponse, what: string): unknown {
  try {
    return JSON.parse(response.body) as unknown;
  } catch (error) {
    throw badResponse(response.url, what, 'it is not JSON', error);
  }
}

/** Where the new resource is, as an absolute URL. @throws AcmeError `acme-bad-response` */
export function locationOf(response: HttpResponse, what: string): string {
  const location = response.headers.get('location');
  if (location === undefined || !URL.canParse(location, response.url)) {
    throw badResponse(response.url, what, 'the answer does not say where it is (Location header)');
  }
  return new URL(location, response.url).href;
}

/** The targets of all links with a relation (RFC 8288), as absolute URLs, in order, each once. */
export function linksOf(response: HttpResponse, relation: string): string[] {
  const found = new Set<string>();
  for (const [, target = '', parameters = ''] of (response.headers.get('link') ?? '').matchAll(LINK)) {
    const relations = (RELATION.exec(parameters)?.[1] ?? '').toLowerCase().split(/\s+/);
    if (relations.includes(relation) && URL.canParse(target, response.url)) {
      found.add(new URL(target, response.url).href);
    }
  }
  return [...found];
}

const LINK = /<([^<>]*)>((?:\s*;\s*[^\s=;,"]+(?:\s*=\s*(?:"[^"]*"|[^\s";,]+))?)*)/g;
const RELATION = /;\s*rel\s*=\s*"?([^";,]*)"?/i;

/** An answer that breaks the protocol: nothing a person here can mend, and it may pass. */
export function badResponse(url: string, what: string, why: string, cause?: unknown): AcmeError {
  const message = `the CA at ${new URL(url).host} sent ${what} that cannot be used: ${why}`;
  return new AcmeError('acme-bad-response', message, { retry: { kind: 'backoff' }, cause });
}
