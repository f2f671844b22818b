/** Cross-origin rules (the Fetch standard's CORS protocol) as acme-dns has them, with the headers that carry credentials allowed as well. */
export interface Cors {
  /** The headers for the answer to anything but a preflight. */
  headers(request: Request): Record<string, string>;
  /** The answer to a preflight; undefined when the request is none. */
  preflight(request: Request): Response | undefined;
}

const METHODS = new Set(['GET', 'POST']);
const REQUEST_HEADERS = new Set([
  'Origin',
  'Accept',
  'Content-Type',
  'X-Requested-With',
  'X-Api-User',
  'X-Api-Key',
  'X-Api-Registration-Token',
  'Authorization',
]);
const NO_ORIGIN = { vary: 'Origin' };

/** @param origins as in acme-dns' corsorigins: none means all; one `*` in an entry stands for anything. */
export function createCors(origins: readonly string[]): Cors {
  const patterns = origins.map((origin) => origin.toLowerCase().split('*', 2));
  const all = origins.length === 0 || origins.includes('*');

  function allowed(origin: string): boolean {
    const text = origin.toLowerCase();
    return all || patterns.some((pattern) => matches(pattern, text));
  }

  function allowOrigin(origin: string): Record<string, string> {
    return { 'access-control-allow-origin': all ? '*' : origin };
  }

  return {
    headers(request) {
      const origin = request.headers.get('origin');
      if (origin === null || origin === '') return NO_ORIGIN;
      if (!allowed(origin) || !(METHODS.has(request.method) || request.method === 'OPTIONS')) return NO_ORIGIN;
      return { vary: 'Origin', ...allowOrigin(origin) };
    },
    preflight(request) {
      const method = request.headers.get('access-control-request-method') ?? '';
      if (request.method !== 'OPTIONS' || method === '') return undefined;
      const vary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';
      const origin = request.headers.get('origin') ?? '';
      const headers = headerNames(request.headers.get('access-control-request-headers') ?? '');
      const wanted = method.toUpperCase();
      const granted =
        origin !== '' &&
        allowed(origin) &&
        (METHODS.has(wanted) || wanted === 'OPTIONS') &&
        headers.every((name) => REQUEST_HEADERS.has(name));
      if (!granted) return new Response(null, { status: 204, headers: { vary } });
      return new Response(null, {
        status: 204,
        headers: {
          vary,
          ...allowOrigin(origin),
          'access-control-allow-methods': wanted,
          ...(headers.length > 0 && { 'access-control-allow-headers': headers.join(', ') }),
        },
      });
    },
  };
}

function matches([start = '', end]: readonly string[], origin: string): boolean {
  if (end === undefined) return origin === start;
  return origin.length >= start.length + end.length && origin.startsWith(start) && origin.endsWith(end);
}

/** `x-api-user, ORIGIN` -> `X-Api-User`, `Origin`. */
function headerNames(list: string): string[] {
  return list
    .split(/[, ]+/)
    .filter((name) => name !== '')
    .map((name) => name.toLowerCase().replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase()));
}
