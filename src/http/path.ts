/**
 * The path of a URL as the routes name it: one slash between parts, none at the end, lower case. acme-dns redirects all of
 * these to the right path, and clients do send `//update` (they put a base URL that ends in a slash before it).
 */
export function canonicalPath(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  if (start < 0) return '/';
  const end = url.slice(start).search(/[?#]/);
  const path = end < 0 ? url.slice(start) : url.slice(start, start + end);
  if (path === '/update' || path === '/register' || path === '/health') return path;
  const clean = path.replaceAll(/\/{2,}/g, '/').toLowerCase();
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}
