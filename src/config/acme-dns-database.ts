import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DomainError } from '../core/error.ts';
import { quoted } from './field.ts';

/** The database of acme-dns, as its configuration names it. The URL may have a password in it. */
export type AcmeDnsDatabase =
  | { readonly engine: 'sqlite'; readonly file: string }
  | { readonly engine: 'postgres'; readonly url: string };

/** `engine` of acme-dns. @throws DomainError `invalid-config` */
export function acmeDnsEngine(engine: string): AcmeDnsDatabase['engine'] {
  switch (engine.toLowerCase()) {
    case 'sqlite':
    case 'sqlite3':
      return 'sqlite';
    case 'postgres':
    case 'postgresql':
      return 'postgres';
    default:
      throw wrong(`${quoted(engine)} is not an engine that acme-dns has; write "sqlite" or "postgres"`);
  }
}

/**
 * `connection` of acme-dns. `folders`: where a file name without a path is looked for, in this order; acme-dns takes it from
 * the folder that it was started in, which a service of another name need not be.
 * @throws DomainError `invalid-config`
 */
export function acmeDnsDatabase(
  engine: AcmeDnsDatabase['engine'],
  connection: string,
  folders: readonly string[],
): AcmeDnsDatabase {
  return engine === 'sqlite'
    ? { engine, file: sqliteFile(connection, folders) }
    : { engine, url: postgresUrl(connection) };
}

/** Go's drivers take a plain name, or a `file:` URI, each with parameters behind a question mark. */
function sqliteFile(connection: string, folders: readonly string[]): string {
  const name = connection.replace(/\?.*$/s, '').replace(/^file:(?:\/\/(?=\/))?/, '');
  if (name === '' || name === ':memory:' || /[?&]mode=memory\b/.test(connection)) {
    throw wrong('it names a database in memory, which keeps nothing; name a file');
  }
  return firstExisting(name, folders);
}

/** A file that acme-dns would look for in its working folder: the first that is there, else where acme-dns would make it. */
export function firstExisting(name: string, folders: readonly string[]): string {
  const candidates = folders.map((folder) => resolve(folder, name));
  return candidates.find((path) => existsSync(path)) ?? candidates[0] ?? resolve(name);
}

/**
 * A URL that says to our driver what acme-dns' driver (lib/pq) understands: its `key=value` notation is turned into a URL, TLS is wanted
 * unless sslmode says otherwise, and sslmode means what it means to libpq.
 */
function postgresUrl(connection: string): string {
  // WHATWG URLs have no user without a host, which in PostgreSQL's own means the local machine.
  const text = /^postgres(ql)?:\/\//.test(connection)
    ? connection.replace(/^(\w+:\/\/[^/?#]*@)(?=\/|$)/, '$1localhost')
    : urlOfPairs(connection);
  const url = URL.parse(text);
  if (url === null)
    throw wrong(
      'it is not the URL of a PostgreSQL database; write it as in "postgres://user:password@localhost/acmedns"',
    );
  const isSocket = (url.searchParams.get('host') ?? '').startsWith('/');
  if (isSocket) url.searchParams.set('sslmode', 'disable');
  else if (!url.searchParams.has('sslmode')) url.searchParams.set('sslmode', 'require');
  url.searchParams.set('uselibpqcompat', 'true');
  return url.href;
}

const PAIR = /\s*([a-z_]+)\s*=\s*(?:'((?:\\.|[^'\\])*)'|((?:\\.|[^\s'\\])*))/gy;

function urlOfPairs(text: string): string {
  const pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ''; at = PAIR.lastIndex) {
    const [, key = '', quotedValue, plain = ''] = PAIR.exec(text) ?? [];
    // The text is not shown: there may be a password in it.
    if (key === '')
      throw wrong(
        'it is neither a URL nor key=value pairs; write it as in "postgres://user:password@localhost/acmedns"',
      );
    pairs.set(key, (quotedValue ?? plain).replaceAll(/\\(.)/g, '$1'));
  }
  const take = (key: string) => {
    const value = pairs.get(key) ?? '';
    pairs.delete(key);
    return encodeURIComponent(value);
  };
  const [user, password, port, database] = [take('user'), take('password'), take('port'), take('dbname')];
  const host = pairs.get('host') ?? '';
  if (!host.startsWith('/')) pairs.delete('host');
  const login = user === '' ? '' : `${user}${password === '' ? '' : `:${password}`}@`;
  const server = host.startsWith('/') ? 'localhost' : host.includes(':') ? `[${host}]` : host || 'localhost';
  return `postgres://${login}${server}${port === '' ? '' : `:${port}`}/${database}?${new URLSearchParams([...pairs]).toString()}`;
}

function wrong(message: string): DomainError {
  return new DomainError('invalid-config', message);
}
