import { DomainError } from '../core/error.ts';
import { Secret } from './secret.ts';

// Files with secrets that others have to know: one a line; empty lines and those that begin with # do not count. A secret stands
// there in clear, or as `sha256:` and its digest in hexadecimal; the password of a user also as bcrypt. No message shows a line: it may be a secret.

/** What can be guessed, or seen over a shoulder, is no token. */
const SHORTEST_TOKEN = 16;
const DIGEST = /^sha256:[0-9a-f]{64}$/i;
/** bcrypt of a cost that is computed in less than a second or two: `htpasswd -B`, or the hashes of acme-dns. */
const BCRYPT = /^\$2[aby]\$(?:0[4-9]|1[0-3])\$[./A-Za-z0-9]{53}$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** @throws DomainError `invalid-config` */
export function parseTokenLines(text: string, key: string): Secret[] {
  const lines = linesOf(text);
  if (lines.length === 0) throw wrong(key, 'there is no token in its file; make one with: openssl rand -hex 20');
  return lines.map(([number, line]) => {
    if (line.length < SHORTEST_TOKEN) {
      throw wrong(
        key,
        `the token in line ${number} of its file is shorter than ${SHORTEST_TOKEN} characters; make one with: openssl rand -hex 20`,
      );
    }
    if (/\s/.test(line)) throw wrong(key, `line ${number} of its file has white space in it; write one token a line`);
    return new Secret(checkDigest(line, number, key));
  });
}

/** `name:secret` lines. @throws DomainError `invalid-config` */
export function parseUserLines(text: string, key: string): ReadonlyMap<string, Secret> {
  const users = new Map<string, Secret>();
  for (const [number, line] of linesOf(text)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon < 0 || !USER.test(name)) {
      throw wrong(
        key,
        `line ${number} of its file is no user; write name:password, the name of letters, digits, dots and hyphens`,
      );
    }
    if (colon === line.length - 1) throw wrong(key, `the user in line ${number} of its file has no password`);
    if (users.has(name)) throw wrong(key, `the user in line ${number} of its file is there twice`);
    users.set(name, new Secret(checkBcrypt(checkDigest(line.slice(colon + 1), number, key), number, key)));
  }
  if (users.size === 0) throw wrong(key, 'there is no user in its file; write name:password, one a line');
  return users;
}

function linesOf(text: string): (readonly [number: number, line: string])[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => [index + 1, line.trim()] as const)
    .filter(([, line]) => line !== '' && !line.startsWith('#'));
}

function checkDigest(secret: string, number: number, key: string): string {
  if (!secret.startsWith('sha256:') || DIGEST.test(secret)) return secret;
  throw wrong(
    key,
    `line ${number} of its file has "sha256:" and no 64 hexadecimal digits after it; make them with: printf %s SECRET | sha256sum`,
  );
}

function checkBcrypt(secret: string, number: number, key: string): string {
  if (!secret.startsWith('$2') || BCRYPT.test(secret)) return secret;
  throw wrong(
    key,
    `line ${number} of its file begins like bcrypt and is none with a cost of at most 13; make it with: htpasswd -nB NAME`,
  );
}

function wrong(key: string, what: string): DomainError {
  return new DomainError('invalid-config', `${key} cannot be used: ${what}`);
}
