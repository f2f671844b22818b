import { randomBytes } from 'node:crypto';

/** Nonces for one use each (RFC 8555 section 6.5). */
export interface Nonces {
  issue(): string;
  /** True once for a nonce given out before. */
  redeem(nonce: string): boolean;
  /** Every nonce given out so far turns stale, as after hours or a restart of a CA. */
  forget(): void;
}

/** `limit` bounds memory: the oldest nonces turn stale first. */
export function createNonces(limit = 10_000): Nonces {
  const outstanding = new Set<string>();
  return {
    issue() {
      const nonce = randomBytes(16).toString('base64url');
      outstanding.add(nonce);
      if (outstanding.size > limit) {
        for (const oldest of outstanding) {
          outstanding.delete(oldest);
          break;
        }
      }
      return nonce;
    },
    redeem: (nonce) => outstanding.delete(nonce),
    forget: () => outstanding.clear(),
  };
}
