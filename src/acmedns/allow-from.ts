import { isIPv4, isIPv6 } from 'node:net';
import { DomainError } from '../core/error.ts';

/** A network as acme-dns reads it (Go's net.ParseCIDR): 4 or 16 bytes and the number of leading bits that count. */
interface Network {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/**
 * The CIDR blocks of an allow list as they are kept and shown: as written, host bits too, without the square brackets that
 * some people put around IPv6. An address without a prefix length is no block.
 * @throws DomainError `invalid-allow-from` for the first entry that is none
 */
export function parseAllowFrom(entries: readonly string[]): string[] {
  return entries.map((entry) => {
    const cidr = entry.replaceAll(/[[\]]/g, '');
    if (parseNetwork(cidr) !== undefined) return cidr;
    const shown = entry.length > 60 ? `${entry.slice(0, 57)}...` : entry;
    throw new DomainError(
      'invalid-allow-from',
      `"${shown}" is not a network; write address/length, for example 192.0.2.0/24, or 192.0.2.7/32 for one address`,
    );
  });
}

/**
 * Whether one of the `sources` lies in one of the blocks; an empty list allows all. An entry that cannot be read (edited by
 * hand) allows nobody: acme-dns once let everybody in there.
 */
export function isAllowed(allowFrom: readonly string[], sources: readonly string[]): boolean {
  if (allowFrom.length === 0) return true;
  const networks = allowFrom.map((cidr) => parseNetwork(cidr)).filter((network) => network !== undefined);
  return sources.some((source) => {
    const bytes = parseAddress(source);
    return bytes !== undefined && networks.some((network) => contains(network, bytes));
  });
}

function contains(network: Network, address: readonly number[]): boolean {
  if (network.bytes.length !== address.length) return false;
  return network.bytes.every((byte, index) => {
    const counted = Math.min(8, Math.max(0, network.bits - index * 8));
    const mask = (0xff << (8 - counted)) & 0xff;
    return (byte & mask) === ((address[index] ?? 0) & mask);
  });
}

function parseNetwork(cidr: string): Network | undefined {
  const slash = cidr.indexOf('/');
  const length = cidr.slice(slash + 1);
  if (slash < 0 || !/^\d{1,9}$/.test(length)) return undefined;
  const text = cidr.slice(0, slash);
  const bits = Number(length);
  if (isIPv4(text)) return bits <= 32 ? { bytes: ipv4Bytes(text), bits } : undefined;
  if (!isIPv6(text) || text.includes('%') || bits > 128) return undefined;
  const bytes = ipv6Bytes(text);
  // ::ffff:192.0.2.0/120 is an IPv4 network of 24 bits; a shorter prefix than 96 cuts the mapping off.
  return isMapped(bytes) && bits >= 96 ? { bytes: bytes.slice(12), bits: bits - 96 } : { bytes, bits };
}

/** 4 bytes for IPv4, also where it comes mapped into IPv6 (a dual-stack socket's peer); 16 for IPv6. */
function parseAddress(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return ipv4Bytes(text);
  const withoutZone = text.split('%', 1)[0] ?? '';
  if (!isIPv6(withoutZone)) return undefined;
  const bytes = ipv6Bytes(withoutZone);
  return isMapped(bytes) ? bytes.slice(12) : bytes;
}

function isMapped(bytes: readonly number[]): boolean {
  return bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

function ipv4Bytes(text: string): number[] {
  return text.split('.').map(Number);
}

function ipv6Bytes(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const start = groupBytes(head);
  if (tail === undefined) return start;
  const end = groupBytes(tail);
  return [...start, ...Array.from({ length: 16 - start.length - end.length }, () => 0), ...end];
}

function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return ipv4Bytes(group);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
