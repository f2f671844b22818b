import { lowerName, parentName, ROOT, type WireName } from './name.ts';

/** A pointer has 14 bits (RFC 1035 section 4.1.4). */
const FURTHEST_POINTER = 0x3fff;

/**
 * Writes a message from front to back into a buffer of its own that grows, with name compression. `mark` and `rewind` take
 * back what did not fit.
 */
export class WireWriter {
  #bytes: Uint8Array;
  #at = 0;
  readonly #names = new Map<WireName, number>();

  constructor(room = 512) {
    this.#bytes = new Uint8Array(room);
  }

  get length(): number {
    return this.#at;
  }

  octet(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  uint16(value: number): void {
    this.#reserve(2);
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value;
  }

  uint32(value: number): void {
    this.uint16(value >>> 16);
    this.uint16(value & 0xffff);
  }

  octets(octets: Uint8Array): void {
    this.#reserve(octets.length);
    this.#bytes.set(octets, this.#at);
    this.#at += octets.length;
  }

  characterString(octets: Uint8Array): void {
    this.octet(octets.length);
    this.octets(octets);
  }

  /** Overwrites two octets written before, such as a count or a length. */
  patch16(at: number, value: number): void {
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
  }

  /** Case is kept where the name is written out; a pointer takes the case of what it points to. */
  compressedName(name: WireName): void {
    let rest = name;
    let key = lowerName(name);
    while (key !== ROOT) {
      const known = this.#names.get(key);
      if (known !== undefined) {
        this.uint16(0xc000 | known);
        return;
      }
      if (this.#at <= FURTHEST_POINTER) this.#names.set(key, this.#at);
      const next = key.charCodeAt(0) + 1;
      this.#text(rest, next);
      rest = rest.slice(next);
      key = parentName(key);
    }
    this.octet(0);
  }

  /** For names in RDATA that must not be compressed (RFC 3597 section 4). */
  plainName(name: WireName): void {
    this.#text(name, name.length);
  }

  mark(): number {
    return this.#at;
  }

  rewind(mark: number): void {
    this.#at = mark;
    for (const [name, at] of this.#names) if (at >= mark) this.#names.delete(name);
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  #text(text: string, length: number): void {
    this.#reserve(length);
    for (let at = 0; at < length; at++) this.#bytes[this.#at++] = text.charCodeAt(at);
  }

  #reserve(room: number): void {
    if (this.#at + room <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + room));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
