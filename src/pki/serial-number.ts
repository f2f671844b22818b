import { randomBytes } from 'node:crypto';

/** 20 octets, positive, not zero (RFC 5280 section 4.1.2.2). */
export function serialNumber(): Uint8Array {
  const bytes = randomBytes(20);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes;
}
