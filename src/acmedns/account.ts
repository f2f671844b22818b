import { hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Account } from './ports.ts';

/** 40 characters of base64url: 30 bytes, 240 random bits. */
const KEY_BYTES = 30;
const KEY = /^[A-Za-z0-9_-]{40}$/;
/** Compared with when there is no such account, so that an unknown user costs the same as a wrong key. */
const NO_HASH = new Uint8Array(32);

/** A new account and its key. The key is told to the caller once and kept nowhere. */
export function createAccount(allowFrom: readonly string[], now: number): { account: Account; key: string } {
  const key = randomBytes(KEY_BYTES).toString('base64url');
  const account = {
    username: randomUUID(),
    keyHash: keyHash(key),
    subdomain: randomUUID(),
    allowFrom,
    createdAt: now,
  };
  return { account, key };
}

/** Whether a key has the shape that every key has; anything else needs no look into the store. */
export function isKeyShaped(key: string): boolean {
  return KEY.test(key);
}

/** A fast hash loses nothing: 240 random bits cannot be guessed, however fast the guesses are checked. */
export function keyHash(key: string): Uint8Array {
  return hash('sha256', key, 'buffer');
}

/** In constant time, and in the same time when there is no account. */
export function isKeyOf(account: Account | undefined, key: string): boolean {
  const equal = timingSafeEqual(keyHash(key), account?.keyHash ?? NO_HASH);
  return equal && account !== undefined;
}
