import { LOWER, type WireName } from './name.ts';

/** Answers that a burst may take at once, in seconds of the rate. */
const BURST = 2;

/**
 * Drops questions for names of other zones when there are more of them than a rate. Nobody who is meant to be here asks them, and scanners
 * and spoofed floods do: an answer to them costs more than the look that finds them out. Questions for our zones are never dropped here.
 */
export class ForeignLimit {
  readonly #origins: readonly Uint8Array[];
  readonly #perMillisecond: number;
  readonly #most: number;
  #left: number;
  #since = 0;

  /** @param origins in lower case; @param perSecond 0: no limit */
  constructor(origins: readonly WireName[], perSecond: number) {
    this.#origins = origins.map((name) => Uint8Array.from(name, (character) => character.charCodeAt(0)));
    this.#perMillisecond = perSecond / 1000;
    this.#most = perSecond * BURST;
    this.#left = this.#most;
  }

  /** Whether to drop a packet that came in at `now` (ms, of a clock that never goes back). */
  drops(packet: Uint8Array, now: number): boolean {
    if (this.#most === 0 || !this.#isForeign(packet)) return false;
    if (this.#since === 0) this.#since = now;
    this.#left = Math.min(this.#most, this.#left + (now - this.#since) * this.#perMillisecond);
    this.#since = now;
    if (this.#left < 1) return true;
    this.#left -= 1;
    return false;
  }

  /** Only of what is a plain question (opcode QUERY, QDCOUNT 1, no compression); all else is for `answer` to judge. */
  #isForeign(packet: Uint8Array): boolean {
    const { length } = packet;
    if (length < 17 || ((packet[2] as number) & 0xf8) !== 0 || packet[4] !== 0 || packet[5] !== 1) return false;
    let end = 12;
    for (let label = packet[end] as number; label !== 0; label = packet[end] as number) {
      end += label + 1;
      if (label > 63 || end >= length) return false;
    }
    end += 1;
    return !this.#origins.some((origin) => endsWith(packet, end, origin));
  }
}

/** Whether the name in the packet that starts at 12 and ends before `end` is the origin or below it. */
function endsWith(packet: Uint8Array, end: number, origin: Uint8Array): boolean {
  const start = end - origin.length;
  if (start < 12) return false;
  for (let at = 0; at < origin.length; at++) {
    if (LOWER[packet[start + at] as number] !== origin[at]) return false;
  }
  // The suffix is a name only where a label begins.
  let label = 12;
  while (label < start) label += (packet[label] as number) + 1;
  return label === start;
}
