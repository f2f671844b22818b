import { LOWER, type WireName } from './name.ts';
import {
  bucketOf,
  ENTRY,
  ENTRY_FLAG,
  FIRST_BLOCK,
  FLAGS_SHIFT,
  HASH_PRIME,
  HASH_SEED,
  HEADER,
  VALUES,
} from './name-table-layout.ts';

/** Longer than any chain gets; a reader that walks further stands on a block that has come into other use, and looks again. */
const LONGEST_CHAIN = 1 << 16;

/** What stands at a name of the table. */
export interface TableNode {
  /** The name was set; otherwise there are only names below it (an empty non-terminal, RFC 8020). */
  readonly exists: boolean;
  readonly watched: boolean;
  /** The RDATA of each TXT record. */
  readonly rdatas: readonly Uint8Array[];
}

/**
 * Reads a name table from its shared memory, on any thread, without a lock (name-table-layout.ts says why that is right).
 * What it reads before the check of REUSES at the end may be nonsense; so every index is bounded, and nothing is believed before.
 */
export class NameTableReader {
  /** Of the last `copyTxt` that found something: how many records, and whether the name is watched. */
  copiedRecords = 0;
  copiedWatched = false;
  readonly #memory: SharedArrayBuffer;
  #words: Int32Array;
  #octets: Uint8Array;
  readonly #name = new Uint8Array(256);
  readonly #fence = new Int32Array(new SharedArrayBuffer(4));

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory;
    this.#words = new Int32Array(memory, 0, memory.byteLength >>> 2);
    this.#octets = new Uint8Array(memory, 0, memory.byteLength);
  }

  /** False while names may be missing. */
  get complete(): boolean {
    return Atomics.load(this.#words, HEADER.COMPLETE) === 1;
  }

  /** The serial for somebody else to see; from then on the next change moves it. */
  get serial(): number {
    Atomics.store(this.#words, HEADER.SERIAL_SEEN, 1);
    return Atomics.load(this.#words, HEADER.SERIAL) >>> 0;
  }

  /** What stands at a name given in lower case, or undefined when nothing does, neither at it nor below it. */
  find(name: WireName): TableNode | undefined {
    for (let at = 0; at < name.length; at++) this.#name[at] = name.charCodeAt(at);
    for (;;) {
      const reuses = Atomics.load(this.#words, HEADER.REUSES);
      const node = this.#node(this.locate(this.#name, 0, name.length));
      if (this.#stillAt(reuses)) return node;
    }
  }

  /**
   * Writes the TXT records of the name in `query` (in any case) to `out` from `outAt` on, each owned by a pointer to the question.
   * @returns where they end; `outAt` when the name has none here, 0 when they do not fit below `limit`
   */
  copyTxt(
    query: Uint8Array,
    nameAt: number,
    nameLength: number,
    ttl: number,
    out: Uint8Array,
    outAt: number,
    limit: number,
  ): number {
    for (;;) {
      const reuses = Atomics.load(this.#words, HEADER.REUSES);
      const end = this.#copyTxt(this.locate(query, nameAt, nameLength), ttl, out, outAt, limit);
      if (this.#stillAt(reuses)) return end;
    }
  }

  /** The block of the name in wire form, in any case, at `nameAt`; 0 when there is none. The caller checks REUSES around it. */
  locate(source: Uint8Array, nameAt: number, length: number): number {
    const hash = hashOf(source, nameAt, length);
    let block = Atomics.load(this.#words, bucketOf(hash));
    for (let hops = 0; block !== 0 && hops < LONGEST_CHAIN; hops++) {
      if (!this.#reaches(block + ENTRY.NAME + 64)) return 0;
      if (this.#word(block + ENTRY.HASH) === hash && (this.#word(block + ENTRY.INFO) & 0xff) === length) {
        if (this.#sameName(source, nameAt, (block + ENTRY.NAME) << 2, length)) return block;
      }
      block = Atomics.load(this.#words, block + ENTRY.NEXT);
    }
    return 0;
  }

  /** The store keeps the reads before it from being done after the load, which weakly ordered processors may do otherwise. */
  #stillAt(reuses: number): boolean {
    Atomics.store(this.#fence, 0, 0);
    return Atomics.load(this.#words, HEADER.REUSES) === reuses;
  }

  #sameName(source: Uint8Array, nameAt: number, ownAt: number, length: number): boolean {
    const octets = this.#octets;
    for (let at = 0; at < length; at++) {
      if (octets[ownAt + at] !== LOWER[source[nameAt + at] as number]) return false;
    }
    return true;
  }

  #copyTxt(block: number, ttl: number, out: Uint8Array, outAt: number, limit: number): number {
    const values = block === 0 ? 0 : this.#values(block);
    if (values === 0) return outAt;
    const octets = this.#octets;
    const count = this.#word(values + VALUES.COUNT);
    const dataAt = (values + VALUES.DATA) << 2;
    let from = dataAt;
    let to = outAt;
    for (let left = count; left > 0; left--) {
      const length = 2 + (octets[from] as number) * 256 + (octets[from + 1] as number);
      if (!(to + 10 + length <= limit) || !this.#reaches((from + length) >>> 2)) return 0;
      out[to] = 0xc0;
      out[to + 1] = 12;
      out[to + 2] = 0;
      out[to + 3] = 16;
      out[to + 4] = 0;
      out[to + 5] = 1;
      out[to + 6] = ttl >>> 24;
      out[to + 7] = ttl >>> 16;
      out[to + 8] = ttl >>> 8;
      out[to + 9] = ttl;
      for (let at = 0; at < length; at++) out[to + 10 + at] = octets[from + at] as number;
      to += 10 + length;
      from += length;
    }
    this.copiedRecords = count;
    this.copiedWatched = (this.#flags(block) & ENTRY_FLAG.WATCHED) !== 0;
    return to;
  }

  #node(block: number): TableNode | undefined {
    if (block === 0) return undefined;
    const flags = this.#flags(block);
    const exists = (flags & ENTRY_FLAG.EXISTS) !== 0;
    return {
      exists,
      watched: (flags & ENTRY_FLAG.WATCHED) !== 0,
      rdatas: exists ? this.#rdatas(this.#values(block)) : [],
    };
  }

  #rdatas(values: number): Uint8Array[] {
    if (values === 0) return [];
    const dataAt = (values + VALUES.DATA) << 2;
    const end = dataAt + this.#word(values + VALUES.OCTETS);
    if (!this.#reaches(end >>> 2)) return [];
    const rdatas: Uint8Array[] = [];
    for (let at = dataAt; at < end;) {
      const length = (this.#octets[at] as number) * 256 + (this.#octets[at + 1] as number);
      rdatas.push(Uint8Array.from(this.#octets.subarray(at + 2, at + 2 + length)));
      at += 2 + length;
    }
    return rdatas;
  }

  /** The block of values of an entry, or 0. */
  #values(block: number): number {
    const values = Atomics.load(this.#words, block + ENTRY.VALUES);
    return values !== 0 && this.#reaches(values + VALUES.DATA) ? values : 0;
  }

  #flags(block: number): number {
    return this.#word(block + ENTRY.INFO) >>> FLAGS_SHIFT;
  }

  #word(index: number): number {
    return this.#words[index] as number;
  }

  /** Whether the word is there, after a look whether the writer has made the memory larger. */
  #reaches(index: number): boolean {
    if (index < FIRST_BLOCK) return false;
    if (index < this.#words.length) return true;
    const length = this.#memory.byteLength;
    if (length >>> 2 > this.#words.length) {
      this.#words = new Int32Array(this.#memory, 0, length >>> 2);
      this.#octets = new Uint8Array(this.#memory, 0, length);
    }
    return index < this.#words.length;
  }
}

/** FNV-1a over the name in lower case. */
export function hashOf(source: Uint8Array, nameAt: number, length: number): number {
  let hash = HASH_SEED;
  for (let at = nameAt; at < nameAt + length; at++)
    hash = Math.imul(hash ^ (LOWER[source[at] as number] as number), HASH_PRIME);
  return hash;
}
