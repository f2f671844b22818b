import type { AccountKey } from '../acmedns/ports.ts';

/** Before a SHA-256 in hex, where acme-dns expects bcrypt: it reads such a row, and refuses every key for it. */
const SHA256 = 'evercert-sha256:';

/** A password of acme-dns' records table: text in PostgreSQL, octets in SQLite, since Go binds a hash as octets. */
export function keyOfPassword(password: unknown): AccountKey {
  const text = password instanceof Uint8Array ? Buffer.from(password).toString('latin1') : String(password);
  if (text.startsWith(SHA256)) return { kind: 'sha256', hash: Buffer.from(text.slice(SHA256.length), 'hex') };
  return { kind: 'bcrypt', hash: text };
}

export function passwordOfKey(key: AccountKey): string {
  return key.kind === 'bcrypt' ? key.hash : SHA256 + Buffer.from(key.hash).toString('hex');
}

/**
 * The allow list of a row: a JSON array. What is none (edited by hand, or NULL) becomes an entry that no address is in, so that nobody is let
 * in: acme-dns refuses every login to such an account.
 */
export function allowFromOfText(text: unknown): string[] {
  const list = parse(typeof text === 'string' ? text : text instanceof Uint8Array ? Buffer.from(text).toString() : '');
  if (list === null) return [];
  return Array.isArray(list) && list.every((entry) => typeof entry === 'string') ? list : [UNREADABLE];
}

/** No network, and so a network that nobody is in. */
export const UNREADABLE = 'unreadable';

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
