import { isIP, isIPv6 } from 'node:net';
import { DomainError } from '../core/error.ts';

export interface Address {
  /** IPv4 or IPv6, without brackets. */
  readonly address: string;
  readonly port: number;
}

export interface Listener extends Address {
  readonly transport: 'udp' | 'tcp';
}

/**
 * `0.0.0.0:53`, `[::1]:53`, and `:53` for every address (IPv6 with IPv4). `port` is taken when the text has none.
 * @throws DomainError `invalid-address`
 */
export function parseAddress(text: string, port?: number): Address {
  const wrong = (why: string) =>
    new DomainError(
      'invalid-address',
      `"${text}" is not an address with a port: ${why}; write it as in "192.0.2.1:53" or "[2001:db8::1]:53"`,
    );
  const plain = text.replace(/^\[([^\]]*)\]$/, '$1');
  if (isIP(plain) !== 0) {
    if (port === undefined) throw wrong('the port is missing, or the brackets around an IPv6 address');
    return { address: plain, port };
  }
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text);
  if (match === null) throw wrong('the port is missing, or the brackets around an IPv6 address');
  const [, bracketed, bare = '', digits = ''] = match;
  if (!/^\d{1,5}$/.test(digits) || Number(digits) > 65_535) throw wrong('the port is a number from 0 to 65535');
  const address = bracketed ?? (bare === '' ? '::' : bare);
  const isGood = bracketed === undefined ? isIP(address) !== 0 : isIPv6(address);
  if (!isGood) throw wrong(`"${address.slice(0, 80)}" is not an IP address, and names are not looked up here`);
  return { address, port: Number(digits) };
}

/** A DNS listener: an address with a port serves both UDP and TCP, after `udp:` or `tcp:` only one. @throws DomainError `invalid-address` */
export function parseListener(text: string): Listener[] {
  const [, prefix] = /^(udp|tcp):./.exec(text) ?? [];
  const address = parseAddress(prefix === undefined ? text : text.slice(prefix.length + 1));
  if (prefix === 'udp' || prefix === 'tcp') return [{ ...address, transport: prefix }];
  return [
    { ...address, transport: 'udp' },
    { ...address, transport: 'tcp' },
  ];
}

/** `192.0.2.1:53`, `[::1]:53`: what parseAddress takes. */
export function formatAddress({ address, port }: Address): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
