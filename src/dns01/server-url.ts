import { DomainError } from '../core/error.ts';

/** The base URL of an acme-dns server, taken apart. */
export interface ServerUrl {
  /** For messages and for the account file: no credentials, no trailing slash. */
  readonly shown: string;
  /** Value of the Authorization header, made from user:password@ in the URL. Secret. */
  readonly authorization: string | undefined;
  /** The URL of one endpoint, such as `register`: below the base path, never with a double slash. */
  endpoint(name: string): string;
}

/** @throws DomainError `invalid-server-url` */
export function parseServerUrl(text: string): ServerUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    // Shown without what stands before an @: it may be a password.
    const shown = text.replace(/^([a-z]+:\/\/)?[^@]*@/i, '$1***@').slice(0, 80);
    throw new DomainError(
      'invalid-server-url',
      `"${shown}" is not the URL of an acme-dns server; write it as in https://auth.example.net`,
    );
  }
  const shown = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  return {
    shown,
    authorization: basic(url),
    endpoint: (name) => `${shown}/${name}${url.search}`,
  };
}

/** RFC 7617; the URL carries both parts percent-encoded. */
function basic(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}
