import { isIP, isIPv4, isIPv6 } from 'node:net';
import { DomainError } from '../core/error.ts';
import { quoted } from './field.ts';

/** Names of ports that acme-dns' own defaults and samples use. */
const PORTS: Readonly<Record<string, number>> = { domain: 53, http: 80, https: 443 };

/** Which transports a `protocol` of acme-dns means, and whether it is of one family alone. @throws DomainError `invalid-config` */
export function acmeDnsProtocol(protocol: string): { readonly transport: string; readonly family: string } {
  const [, transport, family = ''] = /^(both|udp|tcp)([46]?)$/.exec(protocol.toLowerCase()) ?? [];
  if (transport !== undefined) return { transport, family };
  const all = 'both, both4, both6, udp, udp4, udp6, tcp, tcp4 or tcp6';
  throw wrong(`${quoted(protocol)} is not possible here; write ${all}`);
}

/** `api.ip` of acme-dns, where a name is not looked up. @throws DomainError `invalid-config` */
export function acmeDnsHost(ip: string): string {
  const host = ip.replace(/^\[(.*)\]$/, '$1');
  if (host === '' || host === 'localhost' || isIP(host) !== 0) return isIPv6(host) ? `[${host}]` : host;
  throw wrong(`${quoted(ip)} is not an IP address, and names are not looked up here; write the address itself`);
}

/**
 * Addresses in our notation for a `listen` and a `protocol` of acme-dns. Go's listener (net.Listen) takes IPv6 along at `0.0.0.0` and at
 * an empty host, unless the protocol ends in 4: so clients of both families go on being answered.
 * @throws DomainError `invalid-config`
 */
export function acmeDnsListeners(listen: string, protocol: string, hasIPv6: boolean): string[] {
  const { transport, family } = acmeDnsProtocol(protocol);
  const prefix = transport === 'both' ? '' : `${transport}:`;
  return goAddresses(listen === '' ? ':domain' : listen, family, hasIPv6, 53).map((address) => `${prefix}${address}`);
}

/** Addresses in our notation for `api.ip` and `api.port`; none without a port, where acme-dns takes any free one. */
export function acmeDnsApiListeners(ip: string, port: string, hasIPv6: boolean): string[] {
  if (port === '') return [];
  return goAddresses(`${acmeDnsHost(ip)}:${port}`, '', hasIPv6, undefined);
}

function goAddresses(text: string, family: string, hasIPv6: boolean, defaultPort: number | undefined): string[] {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::([^:]*))?$/.exec(text);
  const [, bracketed, bare = '', given] = match ?? [];
  const host = bracketed ?? bare;
  const port = portNumber(given) ?? defaultPort;
  if (match === null || port === undefined || (given !== undefined && portNumber(given) === undefined)) {
    throw wrong(`${quoted(text)} has no port that can be used; write it as in "127.0.0.1:53" or "[::1]:53"`);
  }
  if (['', '0.0.0.0', '::'].includes(host)) {
    const addresses =
      family === '4' ? ['0.0.0.0'] : family === '6' ? ['[::]'] : ['0.0.0.0', ...(hasIPv6 ? ['[::]'] : [])];
    return addresses.map((address) => `${address}:${port}`);
  }
  if (host === 'localhost') return [family === '6' ? `[::1]:${port}` : `127.0.0.1:${port}`];
  if (!isIPv4(host) && !isIPv6(host)) {
    throw wrong(`${quoted(host)} is not an IP address, and names are not looked up here; write the address itself`);
  }
  if ((family === '4' && isIPv6(host)) || (family === '6' && isIPv4(host))) {
    throw wrong(`${quoted(host)} is not an IPv${family} address, and general.protocol wants IPv${family} alone`);
  }
  return [isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`];
}

function portNumber(text = ''): number | undefined {
  if (Object.hasOwn(PORTS, text)) return PORTS[text];
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

function wrong(message: string): DomainError {
  return new DomainError('invalid-config', message);
}
