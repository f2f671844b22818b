import { DomainError } from '../core/error.ts';
import { LONGEST_LABEL, LONGEST_NAME, ROOT, type WireName } from './name.ts';

/** What every reader throws: the octets are not a DNS message as RFC 1035 has it. */
export function malformed(what: string): DomainError {
  return new DomainError('dns-malformed', `a DNS message is malformed: ${what}`, { retry: { kind: 'backoff' } });
}

/** Reads a message from front to back. Every read is checked against `end`: a short message throws, it never reads past. */
export class WireReader {
  readonly bytes: Uint8Array;
  at: number;
  end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  octet(): number {
    const octet = this.at < this.end ? this.bytes[this.at] : undefined;
    if (octet === undefined) throw malformed('it ends too early');
    this.at += 1;
    return octet;
  }

  uint16(): number {
    return this.octet() * 0x100 + this.octet();
  }

  uint32(): number {
    return this.uint16() * 0x10000 + this.uint16();
  }

  /** A copy, so that nothing keeps a whole packet alive or sees it change. */
  take(length: number): Uint8Array {
    if (this.at + length > this.end) throw malformed('it ends too early');
    this.at += length;
    return new Uint8Array(this.bytes.subarray(this.at - length, this.at));
  }

  rest(): Uint8Array {
    return this.take(this.end - this.at);
  }

  characterString(): Uint8Array {
    return this.take(this.octet());
  }

  /**
   * A name, compressed or not (RFC 1035 section 4.1.4). Each pointer must lead to before the labels it follows, so no name
   * can loop, and the whole is bounded by 255 octets.
   */
  name(): WireName {
    let name = '';
    let at = this.at;
    let end = this.end;
    let start = at;
    let jumped = false;
    for (;;) {
      const length = at < end ? this.bytes[at] : undefined;
      if (length === undefined) throw malformed('a name runs over the end');
      at += 1;
      if (length === 0) break;
      if (length <= LONGEST_LABEL) {
        if (at + length > end) throw malformed('a label runs over the end');
        if (name.length + length + 2 > LONGEST_NAME) throw malformed('a name has more than 255 octets');
        name += latin1(this.bytes, at - 1, at + length);
        at += length;
      } else {
        const low = length >= 0xc0 && at < end ? this.bytes[at] : undefined;
        if (low === undefined) throw malformed('a label has a type that does not exist');
        const target = (length & 0x3f) * 0x100 + low;
        if (target >= start) throw malformed('a compression pointer does not lead backwards');
        if (!jumped) this.at = at + 1;
        jumped = true;
        at = target;
        start = target;
        end = this.bytes.length;
      }
    }
    if (!jumped) this.at = at;
    return name + ROOT;
  }
}

/** Octets as a string with one character each. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}
