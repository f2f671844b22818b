import { hash, randomBytes, randomUUID } from 'node:crypto';
import type { Account, AccountKey } from './ports.ts';

/** 40 characters of base64url: 30 bytes, 240 random bits. */
const KEY_BYTES = 30;
const KEY = /^[A-Za-z0-9_-]{40}$/;

/** A new account and its key. The key is told to the caller once and kept nowhere. */
export function createAccount(allowFrom: readonly string[], now: number): { account: Account; key: string } {
  const { key, kept } = createKey();
  return {
    account: { username: randomUUID(), key: kept, subdomain: randomUUID(), allowFrom, createdAt: now },
    key,
  };
}

/** A new key, and what is kept of it. */
export function createKey(): { key: string; kept: AccountKey } {
  const key = randomBytes(KEY_BYTES).toString('base64url');
  return { key, kept: fastKey(key) };
}

/** What is kept of a key. A fast hash loses nothing: 240 random bits cannot be guessed, however fast the guesses are checked. */
export function fastKey(key: string): AccountKey & { readonly kind: 'sha256' } {
  return { kind: 'sha256', hash: hash('sha256', key, 'buffer') };
}

/** Whether a key has the shape that every key has; anything else needs no look into the store. */
export function isKeyShaped(key: string): boolean {
  return KEY.test(key);
}
