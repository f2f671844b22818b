import { DomainError } from '../core/error.ts';

/** A message with the two octets of length that go before it on a stream (RFC 1035 section 4.2.2). */
export function tcpFrame(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(message.length + 2);
  frame[0] = message.length >>> 8;
  frame[1] = message.length;
  frame.set(message, 2);
  return frame;
}

/** Cuts a stream into messages. Holds at most one unfinished message, which is at most `longest` octets. */
export class TcpFrames {
  readonly #longest: number;
  #held: Uint8Array = new Uint8Array(0);

  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Whether a message has begun and is not yet whole. */
  get unfinished(): boolean {
    return this.#held.length > 0;
  }

  /**
   * The messages that became whole with this chunk.
   * @throws DomainError `dns-malformed` when one announces more than the longest allowed
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const messages: Uint8Array[] = [];
    let at = 0;
    while (at + 2 <= bytes.length) {
      const length = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
      if (length > this.#longest) {
        throw new DomainError(
          'dns-malformed',
          `a DNS message over TCP announces ${length} octets, more than ${this.#longest}`,
        );
      }
      if (at + 2 + length > bytes.length) break;
      messages.push(bytes.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    // A copy: what is held must not keep a large chunk alive.
    this.#held = at === bytes.length ? new Uint8Array(0) : new Uint8Array(bytes.subarray(at));
    return messages;
  }
}
