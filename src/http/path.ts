/** A path as the routes name it, and the registration token that stood before it. */
export interface ReadPath {
  readonly path: string;
  readonly token: string | undefined;
}

/**
 * The path of a URL: one slash between parts, none at the end, lower case. acme-dns redirects all of these to the right path,
 * and clients do send `//update` (they put a base URL that ends in a slash before it).
 *
 * `/t/<token>` before it is taken off: a client whose base URL has it sends it with every call, and needs it for `/register`.
 */
export function readPath(url: string): ReadPath {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  if (start < 0) return { path: '/', token: undefined };
  const end = url.slice(start).search(/[?#]/);
  const path = end < 0 ? url.slice(start) : url.slice(start, start + end);
  if (path === '/update' || path === '/register' || path === '/health') return { path, token: undefined };
  const single = path.replaceAll(/\/{2,}/g, '/');
  const [, token, rest = ''] = /^\/[tT]\/([^/]+)(\/.*)?$/.exec(single) ?? [];
  return { path: canonical(token === undefined ? single : rest), token: token && decoded(token) };
}

function canonical(path: string): string {
  const lower = path.toLowerCase();
  if (lower.length > 1 && lower.endsWith('/')) return lower.slice(0, -1);
  return lower === '' ? '/' : lower;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
