import type { Clock } from '../core/clock.ts';

/** base64url, as RFC 8555 section 6.5.1 demands; other values are ignored. */
const NONCE = /^[A-Za-z0-9_-]{1,1024}$/;
const MOST = 32;
/** CAs forget nonces (some within minutes, all at a restart); an old one would cost a refused request. */
const OLDEST = 60_000;

/** Unused nonces of one CA, newest first. Belongs to one client: a nonce is worth nothing at another CA. */
export interface NoncePool {
  /** Keeps the value of a Replay-Nonce header; nothing happens when there is none. */
  add(nonce: string | undefined): void;
  take(): string | undefined;
  readonly size: number;
}

export function createNoncePool(clock: Clock): NoncePool {
  let kept: { readonly nonce: string; readonly at: number }[] = [];
  return {
    add(nonce) {
      if (!isNonce(nonce)) return;
      kept.push({ nonce, at: clock.now() });
      if (kept.length > MOST) kept.shift();
    },
    take() {
      const newest = kept.pop();
      if (newest === undefined) return undefined;
      if (clock.now() - newest.at <= OLDEST) return newest.nonce;
      // The newest is too old, so all are.
      kept = [];
      return undefined;
    },
    get size() {
      return kept.length;
    },
  };
}

export function isNonce(text: string | undefined): text is string {
  return text !== undefined && NONCE.test(text);
}
