import { isIPv4, isIPv6 } from 'node:net';

/** The 4 or 16 octets of an IP address in text, or undefined when it is none (or has a zone index). */
export function addressOctets(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [head = '', tail] = mapped(text).split('::');
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const words =
    tail === undefined ? front : [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 0xff]));
}

/** The text of 4 or 16 octets; IPv6 as RFC 5952 wants it: lower case, the longest run of zeros as `::`. */
export function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const words = Array.from({ length: 8 }, (_, at) => (octets[at * 2] ?? 0) * 256 + (octets[at * 2 + 1] ?? 0));
  const text = words.map((word) => word.toString(16)).join(':');
  const longest = [...text.matchAll(/\b0(?::0)+\b/g)].toSorted((one, other) => other[0].length - one[0].length)[0];
  if (longest === undefined) return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  return `${before}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}`;
}

/** `::ffff:192.0.2.1`, as a dual-stack socket names an IPv4 peer, is shown as the IPv4 address. */
export function plainAddress(text: string): string {
  return text.startsWith('::ffff:') && text.includes('.') ? text.slice(7) : text;
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** Rewrites a dotted quad at the end as two groups. */
function mapped(text: string): string {
  const quad = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (quad === null) return text;
  const [a = 0, b = 0, c = 0, d = 0] = quad.slice(1).map(Number);
  return `${text.slice(0, quad.index)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
