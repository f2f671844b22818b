import { type Clock, systemClock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { lowerName, nameFromText, nameToText } from './name.ts';
import { bucketOf, ENTRY, ENTRY_FLAG, FIRST_BLOCK, FLAGS_SHIFT, HEADER, VALUES } from './name-table-layout.ts';
import { hashOf, NameTableReader } from './name-table-reader.ts';
import { SharedBlocks } from './shared-blocks.ts';
import { decodeValue, encodeValues } from './txt-values.ts';

/**
 * Names with their TXT values, in memory that every DNS worker reads without a copy of its own. Changed by one thread only.
 * When `set` or `delete` has returned, the next answer of any worker is by the new state.
 */
export interface NameTable {
  /**
   * The name exists, with these TXT values; none is an answer too (NODATA).
   * @throws DomainError `too-many-values` when no message could hold them, `name-table-full`; the name is then as it was
   */
  set(name: DomainName, values: readonly string[]): void;
  delete(name: DomainName): void;
  get(name: DomainName): readonly string[] | undefined;
  /** Every name that exists, in lower case, in no order. */
  names(): readonly DomainName[];
  readonly size: number;
  /** Have the server tell when the TXT values of this name were asked for. The name need not exist yet. */
  watch(name: DomainName, watched: boolean): void;
  /** Seconds since the epoch at first, and larger after each change that follows a look at it (RFC 1982). */
  readonly serial: number;
  /** False while names may be missing, as when they are being loaded: a name that is not found then gets SERVFAIL. At first true. */
  complete: boolean;
  /** What readers on other threads need. */
  readonly memory: SharedArrayBuffer;
}

/** One answer must hold all values of a name, and a message has at most 65535 octets. */
const MOST_OCTETS = 60_000;
/** What a record has in a message besides the octets of `encodeValues`: a pointer, type, class, TTL. */
const RECORD_HEAD = 10;

export function createNameTable(options: { clock?: Clock } = {}): NameTable {
  return new NameTableWriter(options.clock ?? systemClock);
}

class NameTableWriter implements NameTable {
  readonly #clock: Clock;
  readonly #blocks = new SharedBlocks();
  readonly #reader = new NameTableReader(this.#blocks.memory);
  #size = 0;
  /** In lower case, and kept apart from the entries: a name that does not exist has none, watched or not. */
  readonly #watched = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
    Atomics.store(this.#blocks.words, HEADER.SERIAL, this.#now());
    Atomics.store(this.#blocks.words, HEADER.COMPLETE, 1);
  }

  get memory(): SharedArrayBuffer {
    return this.#blocks.memory;
  }

  get size(): number {
    return this.#size;
  }

  get serial(): number {
    return this.#reader.serial;
  }

  get complete(): boolean {
    return this.#reader.complete;
  }

  set complete(complete: boolean) {
    Atomics.store(this.#blocks.words, HEADER.COMPLETE, complete ? 1 : 0);
  }

  set(name: DomainName, values: readonly string[]): void {
    const wire = wireOf(name);
    const block = this.#writeValues(name, values);
    const watched = this.#watched.size > 0 && this.#watched.has(name.toLowerCase());
    const flags = ENTRY_FLAG.EXISTS | (watched ? ENTRY_FLAG.WATCHED : 0);
    const entry = this.#reader.locate(wire, 0, wire.length);
    if (entry === 0) {
      this.#insert(wire, flags, block);
      this.#size += 1;
    } else {
      this.#replaceValues(entry, block);
      if (!this.#exists(entry)) this.#size += 1;
      this.#setFlags(entry, flags, true);
    }
    this.#changed();
  }

  delete(name: DomainName): void {
    const entry = this.#locate(name);
    if (entry === 0 || !this.#exists(entry)) return;
    if (this.#word(entry + ENTRY.CHILDREN) === 0) {
      this.#remove(entry);
    } else {
      this.#setFlags(entry, ENTRY_FLAG.EXISTS | ENTRY_FLAG.WATCHED, false);
      this.#replaceValues(entry, 0);
    }
    this.#size -= 1;
    this.#changed();
  }

  get(name: DomainName): readonly string[] | undefined {
    const node = this.#reader.find(lowerName(nameFromText(name)));
    return node?.exists === true ? node.rdatas.map(decodeValue) : undefined;
  }

  names(): readonly DomainName[] {
    const names: DomainName[] = [];
    for (let bucket = HEADER.WORDS; bucket < FIRST_BLOCK; bucket++) {
      for (let entry = this.#word(bucket); entry !== 0; entry = this.#word(entry + ENTRY.NEXT)) {
        if (this.#exists(entry)) names.push(this.#nameOf(entry));
      }
    }
    return names;
  }

  watch(name: DomainName, watched: boolean): void {
    if (watched) this.#watched.add(name.toLowerCase());
    else this.#watched.delete(name.toLowerCase());
    const entry = this.#locate(name);
    if (entry !== 0 && this.#exists(entry)) this.#setFlags(entry, ENTRY_FLAG.WATCHED, watched);
  }

  #nameOf(entry: number): DomainName {
    const at = (entry + ENTRY.NAME) << 2;
    const length = this.#word(entry + ENTRY.INFO) & 0xff;
    const wire = Buffer.from(this.#blocks.octets.subarray(at, at + length)).toString('latin1');
    return nameToText(wire) as DomainName;
  }

  #locate(name: DomainName): number {
    const wire = wireOf(name);
    return this.#reader.locate(wire, 0, wire.length);
  }

  /** A new entry at the head of its chain; entries for the names above it come into being as needed. */
  #insert(wire: Uint8Array, flags: number, values: number): number {
    const parent = wire.subarray((wire[0] ?? 0) + 1);
    if (parent.length > 1) {
      const above = this.#reader.locate(parent, 0, parent.length) || this.#insert(parent, 0, 0);
      this.#blocks.words[above + ENTRY.CHILDREN] = this.#word(above + ENTRY.CHILDREN) + 1;
    }
    const entry = this.#blocks.allocate(entryWords(wire.length));
    const { words, octets } = this.#blocks;
    const hash = hashOf(wire, 0, wire.length);
    words[entry + ENTRY.NEXT] = this.#word(bucketOf(hash));
    words[entry + ENTRY.HASH] = hash;
    words[entry + ENTRY.VALUES] = values;
    words[entry + ENTRY.INFO] = (flags << FLAGS_SHIFT) | wire.length;
    words[entry + ENTRY.CHILDREN] = 0;
    octets.set(wire, (entry + ENTRY.NAME) << 2);
    Atomics.store(words, bucketOf(hash), entry);
    return entry;
  }

  /** Takes an entry out of its chain, and those above it that were there for it alone. */
  #remove(entry: number): void {
    const { words, octets } = this.#blocks;
    const length = this.#word(entry + ENTRY.INFO) & 0xff;
    const nameAt = (entry + ENTRY.NAME) << 2;
    const parentAt = nameAt + (octets[nameAt] ?? 0) + 1;
    const parentLength = nameAt + length - parentAt;
    const parent = parentLength > 1 ? this.#reader.locate(octets, parentAt, parentLength) : 0;
    let link = bucketOf(this.#word(entry + ENTRY.HASH));
    while (this.#word(link) !== entry) link = this.#word(link) + ENTRY.NEXT;
    Atomics.store(words, link, this.#word(entry + ENTRY.NEXT));
    this.#releaseValues(this.#word(entry + ENTRY.VALUES));
    this.#blocks.release(entry, entryWords(length));
    if (parent === 0) return;
    const children = this.#word(parent + ENTRY.CHILDREN) - 1;
    words[parent + ENTRY.CHILDREN] = children;
    if (children === 0 && !this.#exists(parent)) this.#remove(parent);
  }

  #writeValues(name: DomainName, values: readonly string[]): number {
    if (values.length === 0) return 0;
    const data = encodeValues(values);
    if (data.length + values.length * RECORD_HEAD > MOST_OCTETS) {
      const message = `${name} cannot have ${values.length} TXT values: they fit no DNS message; remove old ones`;
      throw new DomainError('too-many-values', message);
    }
    const block = this.#blocks.allocate(valuesWords(data.length));
    const { words, octets } = this.#blocks;
    words[block + VALUES.COUNT] = values.length;
    words[block + VALUES.OCTETS] = data.length;
    octets.set(data, (block + VALUES.DATA) << 2);
    return block;
  }

  #replaceValues(entry: number, block: number): void {
    this.#releaseValues(Atomics.exchange(this.#blocks.words, entry + ENTRY.VALUES, block));
  }

  #releaseValues(block: number): void {
    if (block !== 0) this.#blocks.release(block, valuesWords(this.#word(block + VALUES.OCTETS)));
  }

  #setFlags(entry: number, flags: number, on: boolean): void {
    const info = this.#word(entry + ENTRY.INFO);
    const bits = flags << FLAGS_SHIFT;
    Atomics.store(this.#blocks.words, entry + ENTRY.INFO, on ? info | bits : info & ~bits);
  }

  #exists(entry: number): boolean {
    return ((this.#word(entry + ENTRY.INFO) >>> FLAGS_SHIFT) & ENTRY_FLAG.EXISTS) !== 0;
  }

  #word(index: number): number {
    return this.#blocks.words[index] as number;
  }

  /** Moves the serial when somebody has seen it; loading a million names so does not run a million seconds ahead. */
  #changed(): void {
    const { words } = this.#blocks;
    if (Atomics.exchange(words, HEADER.SERIAL_SEEN, 0) === 0) return;
    const serial = Atomics.load(words, HEADER.SERIAL) >>> 0;
    Atomics.store(words, HEADER.SERIAL, Math.max(serial + 1, this.#now()));
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

function wireOf(name: DomainName): Uint8Array {
  return Buffer.from(lowerName(nameFromText(name)), 'latin1');
}

function entryWords(nameLength: number): number {
  return ENTRY.NAME + ((nameLength + 3) >>> 2);
}

function valuesWords(octets: number): number {
  return VALUES.DATA + ((octets + 3) >>> 2);
}
