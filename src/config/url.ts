import { isIP } from 'node:net';
import { DomainError } from '../core/error.ts';
import { nearest } from './did-you-mean.ts';
import { quoted } from './field.ts';
import { findKnownCa, knownCas } from './known-ca.ts';

function wrong(message: string): DomainError {
  return new DomainError('invalid-config', message);
}

/** The directory URL of a short name, or the URL itself, in normal form. @throws DomainError `invalid-config` */
export function parseDirectoryUrl(text: string): string {
  const known = findKnownCa(text);
  if (known !== undefined) return known.directory;
  if (!text.includes(':') && !text.includes('/')) {
    const names = knownCas.map(({ name }) => name);
    const near = nearest(text, names);
    const hint =
      near === undefined
        ? `write one of ${names.join(', ')}, or the directory URL of a CA`
        : `did you mean ${quoted(near)}?`;
    throw wrong(`${quoted(text)} is not a CA that evercert knows; ${hint}`);
  }
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback(url.hostname))) {
    throw wrong(
      `${quoted(withoutCredentials(text))} is not the directory URL of a CA; write an https URL such as "https://acme-v02.api.letsencrypt.org/directory"`,
    );
  }
  if (hasCredentials(url))
    throw wrong('a CA takes no user and password in its URL; leave out what stands before the @');
  return url.href;
}

/** An acme-dns server; credentials in the URL are let through, to be kept apart. @throws DomainError `invalid-config` */
export function parseServerUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw wrong(
      `${quoted(withoutCredentials(text))} is not the URL of a server; write it as in "https://auth.example.net"`,
    );
  }
  return url;
}

/** A PostgreSQL database. A password in it is let through, to be kept apart. @throws DomainError `invalid-config` */
export function parseDatabaseUrl(text: string): URL {
  // WHATWG URLs have no user without a host, which in PostgreSQL's own means this machine.
  const url = URL.parse(text.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?#]|$)/, '$1localhost'));
  const isPostgres = url?.protocol === 'postgres:' || url?.protocol === 'postgresql:';
  if (url === null || !isPostgres || url.pathname.length < 2) {
    throw wrong(
      `${quoted(withoutCredentials(text))} is not the URL of a PostgreSQL database; write it as in "postgres://evercert@db.example.net/evercert"`,
    );
  }
  // Our driver reads "require" in a way of its own otherwise.
  if (url.searchParams.has('sslmode')) url.searchParams.set('uselibpqcompat', 'true');
  return url;
}

export function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

/** For messages: what stands before an @ may be a password, also in a text that is no URL. */
function withoutCredentials(text: string): string {
  return text.includes('@') ? `***@${text.slice(text.lastIndexOf('@') + 1)}` : text;
}

/** Traffic that does not leave the machine needs no TLS. */
export function isLoopback(hostname: string): boolean {
  const plain = hostname.replace(/^\[|\]$/g, '');
  return plain === 'localhost' || plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}
