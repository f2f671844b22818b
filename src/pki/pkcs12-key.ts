import { hash as digestOf } from 'node:crypto';

/** What the derived octets are for (RFC 7292 appendix B.3). */
export const PKCS12_PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

const HASHES = { sha1: { block: 64, size: 20 }, sha256: { block: 64, size: 32 } } as const;

export interface Pkcs12Derivation {
  /** BMPString with two zero octets at the end (RFC 7292 appendix B.1). */
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly hash: keyof typeof HASHES;
  readonly purpose: (typeof PKCS12_PURPOSE)[keyof typeof PKCS12_PURPOSE];
  readonly length: number;
}

/** The key derivation of PKCS#12 (RFC 7292 appendix B.2), for the legacy ciphers and the MAC. */
export function derivePkcs12Key({ password, salt, iterations, hash, purpose, length }: Pkcs12Derivation): Uint8Array {
  const { block, size } = HASHES[hash];
  const diversifier = Buffer.alloc(block, purpose);
  const input = Buffer.concat([filled(salt, block), filled(password, block)]);
  const out: Uint8Array[] = [];
  for (let made = 0; made < length; made += size) {
    let digest = digestOf(hash, Buffer.concat([diversifier, input]), 'buffer');
    for (let round = 1; round < iterations; round++) digest = digestOf(hash, digest, 'buffer');
    out.push(digest);
    const addend = Buffer.alloc(block);
    for (let at = 0; at < block; at++) addend[at] = digest[at % size] ?? 0;
    for (let at = 0; at < input.length; at += block) addAndOne(input.subarray(at, at + block), addend);
  }
  return Buffer.concat(out).subarray(0, length);
}

/** Repeated until it fills whole blocks. */
function filled(octets: Uint8Array, block: number): Uint8Array {
  const length = block * Math.ceil(octets.length / block);
  return Uint8Array.from({ length }, (_, at) => octets[at % octets.length] ?? 0);
}

/** number += addend + 1, both big-endian, without what does not fit. */
function addAndOne(number: Uint8Array, addend: Uint8Array): void {
  let carry = 1;
  for (let at = number.length - 1; at >= 0; at--) {
    const sum = (number[at] ?? 0) + (addend[at] ?? 0) + carry;
    number[at] = sum & 0xff;
    carry = sum >> 8;
  }
}
