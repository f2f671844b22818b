import { isIPv4, isIPv6 } from 'node:net';

/*
 * The PROXY protocol, versions 1 and 2 (haproxy.org, proxy-protocol.txt): a proxy that passes on bytes says first whom it passes
 * them on for.
 */

export type ProxyHeader =
  /** `source`: undefined when the proxy speaks for itself, or of something that has no address. */
  | { readonly kind: 'header'; readonly length: number; readonly source: string | undefined }
  /** More bytes are needed to know. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'none' };

const SIGNATURE_2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const SIGNATURE_1 = Buffer.from('PROXY ', 'latin1');
/** Section 2.1: the longest line of version 1, with its end. */
const LONGEST_LINE = 107;
/** Version 2 has additions of up to 64 KiB; more than this no proxy needs. */
const LONGEST_2 = 4096;

/** Reads the header at the start of a connection. Whatever the bytes are, at most LONGEST_2 of them are ever wanted. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsAlike(bytes, SIGNATURE_2)) return bytes.length < 16 ? { kind: 'unfinished' } : readVersion2(bytes);
  if (startsAlike(bytes, SIGNATURE_1)) return readVersion1(bytes);
  return { kind: 'none' };
}

function startsAlike(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.subarray(0, length).equals(signature.subarray(0, length));
}

function readVersion1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, LONGEST_LINE).indexOf('\r\n');
  if (end < 0) return bytes.length < LONGEST_LINE ? { kind: 'unfinished' } : { kind: 'none' };
  const words = bytes.subarray(0, end).toString('latin1').split(' ');
  const [, family, source = '', target = '', ...ports] = words;
  const length = end + 2;
  if (family === 'UNKNOWN') return { kind: 'header', length, source: undefined };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false;
  if (!isAddress(source) || !isAddress(target)) return { kind: 'none' };
  if (ports.length !== 2 || !ports.every(isPort)) return { kind: 'none' };
  return { kind: 'header', length, source };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

function readVersion2(bytes: Buffer): ProxyHeader {
  const [version, command] = nibbles(bytes[12] ?? 0);
  const [family] = nibbles(bytes[13] ?? 0);
  const length = 16 + bytes.readUInt16BE(14);
  if (version !== 2 || command > 1 || family > 3 || length > LONGEST_2) return { kind: 'none' };
  if (bytes.length < length) return { kind: 'unfinished' };
  // LOCAL: the proxy looks whether we are there.
  if (command === 0) return { kind: 'header', length, source: undefined };
  if (family === 1) return length < 28 ? { kind: 'none' } : { kind: 'header', length, source: ipv4(bytes) };
  if (family === 2) return length < 52 ? { kind: 'none' } : { kind: 'header', length, source: ipv6(bytes) };
  return { kind: 'header', length, source: undefined };
}

function nibbles(byte: number): [number, number] {
  return [byte >> 4, byte & 0x0f];
}

function ipv4(bytes: Buffer): string {
  return bytes.subarray(16, 20).join('.');
}

function ipv6(bytes: Buffer): string {
  return Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(16 + 2 * group).toString(16)).join(':');
}
