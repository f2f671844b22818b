import { parseAddress } from '../config/address.ts';
import { DomainError } from '../core/error.ts';
import type { NameServer } from '../dns/query.ts';

/** An address, or the URL of a resolver that speaks DNS over HTTPS (RFC 8484). @throws DomainError `invalid-address` */
export function parseResolver(text: string): NameServer {
  if (!text.includes('://')) return parseAddress(text, 53);
  if (URL.canParse(text) && new URL(text).protocol === 'https:') return { address: text, port: 443 };
  throw new DomainError(
    'invalid-address',
    `"${text}" is no resolver; write it as in 192.0.2.53:53 or https://dns.example.net/dns-query`,
  );
}
