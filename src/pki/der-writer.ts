import { oidContent } from './oid.ts';

// What is written is DER (X.690): one encoding for one value, so that a signature over it can be checked by anyone.

const CONSTRUCTED = 0x20;
const CONTEXT = 0x80;

/** One element with any identifier octet. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = contents.length === 1 && contents[0] !== undefined ? contents[0] : Buffer.concat(contents);
  return Buffer.concat([Uint8Array.of(tag, ...lengthOctets(content.length)), content]);
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 + octets.length, ...octets];
}

export function sequence(...elements: readonly Uint8Array[]): Uint8Array {
  return der(0x30, ...elements);
}

/** SET OF: the elements in the order of their encodings (X.690 section 11.6). */
export function setOf(...elements: readonly Uint8Array[]): Uint8Array {
  return der(0x31, ...elements.toSorted(Buffer.compare));
}

export function oid(dotted: string): Uint8Array {
  return der(0x06, oidContent(dotted));
}

/** A non-negative INTEGER from its big-endian octets, or a small number. */
export function integer(value: number | Uint8Array): Uint8Array {
  let octets = typeof value === 'number' ? Uint8Array.from(lengthFree(value)) : value;
  let zeros = 0;
  while (zeros < octets.length - 1 && octets[zeros] === 0) zeros++;
  octets = octets.subarray(zeros);
  return (octets[0] ?? 0) >= 0x80 ? der(0x02, Uint8Array.of(0), octets) : der(0x02, octets);
}

function lengthFree(value: number): number[] {
  const octets: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return octets.length === 0 ? [0] : octets;
}

export function boolean(value: boolean): Uint8Array {
  return der(0x01, Uint8Array.of(value ? 0xff : 0));
}

export function nothing(): Uint8Array {
  return der(0x05, new Uint8Array());
}

export function octetString(content: Uint8Array): Uint8Array {
  return der(0x04, content);
}

/** Whole octets. */
export function bitString(content: Uint8Array): Uint8Array {
  return der(0x03, Uint8Array.of(0), content);
}

/** Named bits, bit 0 first; zero bits at the end are left out (X.690 section 11.2.2). */
export function namedBits(bits: readonly number[]): Uint8Array {
  if (bits.length === 0) return der(0x03, Uint8Array.of(0));
  const last = Math.max(...bits);
  const octets = new Uint8Array(Math.floor(last / 8) + 1);
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return der(0x03, Uint8Array.of(7 - (last & 7)), octets);
}

export function utf8String(text: string): Uint8Array {
  return der(0x0c, Buffer.from(text, 'utf8'));
}

export function printableString(text: string): Uint8Array {
  return der(0x13, Buffer.from(text, 'latin1'));
}

/** `[number] EXPLICIT`, and any constructed element with a context tag. */
export function explicit(number: number, ...contents: readonly Uint8Array[]): Uint8Array {
  return der(CONTEXT | CONSTRUCTED | number, ...contents);
}

/** `[number] IMPLICIT` of a primitive type. */
export function implicit(number: number, content: Uint8Array): Uint8Array {
  return der(CONTEXT | number, content);
}

/** UTCTime until 2049, GeneralizedTime after it (RFC 5280 section 4.1.2.5); whole seconds. */
export function time(milliseconds: number): Uint8Array {
  const text = `${new Date(milliseconds)
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.\d+Z$/, '')}Z`;
  const year = Number(text.slice(0, 4));
  return year >= 1950 && year < 2050 ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}
