import { randomInt } from 'node:crypto';
import type { CaContext } from './context.ts';

/** Retry-After by the policy, in either form at random (RFC 9110 section 10.2.3): clients must read both. */
export function retryAfterHeader(ca: CaContext): Record<string, string> {
  const seconds = ca.policy.retryAfter;
  if (seconds === undefined) return {};
  return {
    'retry-after': randomInt(2) === 0 ? String(seconds) : new Date(ca.clock.now() + seconds * 1000).toUTCString(),
  };
}
