import { isIP } from 'node:net';
import { DomainError } from '../core/error.ts';
import { quoted } from './field.ts';

/** `192.0.2.0/24`, `2001:db8::/32`; an address alone is a range of one. @throws DomainError `invalid-config` */
export function parseCidr(text: string): string {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  const longest = family === 6 ? 128 : 32;
  if (family === 0 || address.includes('%') || Number(bits ?? 0) > longest) {
    throw new DomainError('invalid-config', `${quoted(text)} is not an address range; write it as in "192.0.2.0/24"`);
  }
  return `${address}/${bits ?? longest}`;
}
