import { isIP } from 'node:net';

/** The octets of an IP address (4 or 16), or undefined when the text is none. An IPv4 address inside IPv6 is IPv4, as in Go. */
export function ipOctets(text: string): Uint8Array | undefined {
  const version = text.includes('%') ? 0 : isIP(text);
  if (version === 4) return Uint8Array.from(text.split('.').map(Number));
  if (version !== 6) return undefined;
  const groups = expand(new URL(`http://[${text}]`).hostname.slice(1, -1));
  const octets = Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return mapped ? octets.subarray(12) : octets;
}

function expand(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = read(head);
  if (tail === undefined) return before;
  const after = read(tail);
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

/** The one canonical text (RFC 5952 for IPv6, whose rules the URL parser knows). @throws RangeError when there are not 4 or 16 octets */
export function ipText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) throw new RangeError(`an IP address of ${octets.length} octets`);
  const groups = Buffer.from(octets).toString('hex').match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
