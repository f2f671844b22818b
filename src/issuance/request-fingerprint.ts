import { createHash } from 'node:crypto';
import type { CertificateRequest } from './order-record.ts';

/**
 * The same text for requests that a CA would treat alike: names in any order, CA, key type, profile. A failure is remembered with
 * it, so that a changed request starts afresh, and an order in flight is only taken up for the request that it was made for.
 */
export function requestFingerprint(request: CertificateRequest): string {
  const parts = [request.ca, request.keyType, request.profile ?? '', ...request.names.toSorted()];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
