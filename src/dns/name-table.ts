import { type Clock, systemClock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { lowerName, nameFromText, parentName, ROOT, type WireName } from './name.ts';
import { bucketOf, ENTRY, ENTRY_FLAG, FIRST_BLOCK, FLAGS_SHIFT, HEADER, VALUES } from './name-table-layout.ts';
import { hashOf, NameTableReader } from './name-table-reader.ts';
import { txtStrings } from './record.ts';

/**
 * Names with their TXT values, in memory that every DNS worker reads without a copy of its own. Changed by one thread only.
 * When `set` or `delete` has returned, the next answer of any worker is by the new state.
 */
export interface NameTable {
  /** The name exists, with these TXT values; none is an answer too (NODATA). */
  set(name: DomainName, values: readonly string[]): void;
  delete(name: DomainName): void;
  get(name: DomainName): readonly string[] | undefined;
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

const MEBIBYTE = 2 ** 20;
const GROWTH = 16 * MEBIBYTE;
/** Only reserved, not used: pages come as names do. Where the machine does not allow as much, less will do. */
const RESERVATIONS = [4096, 1024, 256].map((mebibytes) => mebibytes * MEBIBYTE);
/** One answer must hold all values of a name, and a message has at most 65535 octets. */
const MOST_OCTETS = 60_000;

export function createNameTable(options: { clock?: Clock } = {}): NameTable {
  return new NameTableWriter(options.clock ?? systemClock);
}

class NameTableWriter implements NameTable {
  readonly memory: SharedArrayBuffer;
  readonly #clock: Clock;
  readonly #reader: NameTableReader;
  #words: Int32Array;
  #octets: Uint8Array;
  #top = FIRST_BLOCK;
  #size = 0;
  /** Blocks given up, by their size in words. */
  readonly #free = new Map<number, number[]>();
  /** Kept apart from the entries: a name that does not exist has none, watched or not. */
  readonly #watched = new Set<WireName>();

  constructor(clock: Clock) {
    this.memory = reserve();
    this.#clock = clock;
    this.#words = new Int32Array(this.memory, 0, this.memory.byteLength >>> 2);
    this.#octets = new Uint8Array(this.memory, 0, this.memory.byteLength);
    this.#reader = new NameTableReader(this.memory);
    Atomics.store(this.#words, HEADER.SERIAL, this.#now());
    Atomics.store(this.#words, HEADER.COMPLETE, 1);
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
    Atomics.store(this.#words, HEADER.COMPLETE, complete ? 1 : 0);
  }

  set(name: DomainName, values: readonly string[]): void {
    const wire = lowerName(nameFromText(name));
    const block = this.#writeValues(name, values);
    const flags = ENTRY_FLAG.EXISTS | (this.#watched.has(wire) ? ENTRY_FLAG.WATCHED : 0);
    const entry = this.#locate(wire);
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
    const entry = this.#locate(lowerName(nameFromText(name)));
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
    return node?.exists === true ? node.rdatas.map(valueOf) : undefined;
  }

  watch(name: DomainName, watched: boolean): void {
    const wire = lowerName(nameFromText(name));
    if (watched) this.#watched.add(wire);
    else this.#watched.delete(wire);
    const entry = this.#locate(wire);
    if (entry !== 0 && this.#exists(entry)) this.#setFlags(entry, ENTRY_FLAG.WATCHED, watched);
  }

  #locate(wire: WireName): number {
    return this.#reader.locate(Buffer.from(wire, 'latin1'), 0, wire.length);
  }

  /** A new entry at the head of its chain; entries for the names above it come into being as needed. */
  #insert(wire: WireName, flags: number, values: number): number {
    const parent = parentName(wire);
    if (parent !== ROOT) this.#addChild(this.#locate(parent) || this.#insert(parent, 0, 0));
    const name = Buffer.from(wire, 'latin1');
    const entry = this.#allocate(entryWords(name.length));
    const hash = hashOf(name, 0, name.length);
    this.#words[entry + ENTRY.NEXT] = this.#word(bucketOf(hash));
    this.#words[entry + ENTRY.HASH] = hash;
    this.#words[entry + ENTRY.VALUES] = values;
    this.#words[entry + ENTRY.INFO] = (flags << FLAGS_SHIFT) | name.length;
    this.#words[entry + ENTRY.CHILDREN] = 0;
    this.#octets.set(name, (entry + ENTRY.NAME) << 2);
    Atomics.store(this.#words, bucketOf(hash), entry);
    return entry;
  }

  /** Takes an entry out of its chain, and those above it that were there for it alone. */
  #remove(entry: number): void {
    const length = this.#word(entry + ENTRY.INFO) & 0xff;
    const nameAt = (entry + ENTRY.NAME) << 2;
    const wire = Buffer.from(this.#octets.subarray(nameAt, nameAt + length)).toString('latin1');
    let link = bucketOf(this.#word(entry + ENTRY.HASH));
    while (this.#word(link) !== entry) link = this.#word(link) + ENTRY.NEXT;
    Atomics.store(this.#words, link, this.#word(entry + ENTRY.NEXT));
    this.#releaseValues(this.#word(entry + ENTRY.VALUES));
    this.#release(entry, entryWords(length));
    if (parentName(wire) === ROOT) return;
    const parent = this.#locate(parentName(wire));
    const children = this.#word(parent + ENTRY.CHILDREN) - 1;
    this.#words[parent + ENTRY.CHILDREN] = children;
    if (children === 0 && !this.#exists(parent)) this.#remove(parent);
  }

  #addChild(entry: number): void {
    this.#words[entry + ENTRY.CHILDREN] = this.#word(entry + ENTRY.CHILDREN) + 1;
  }

  #replaceValues(entry: number, block: number): void {
    this.#releaseValues(Atomics.exchange(this.#words, entry + ENTRY.VALUES, block));
  }

  #writeValues(name: DomainName, values: readonly string[]): number {
    if (values.length === 0) return 0;
    const data = Buffer.concat(values.map(rdataOf));
    if (data.length + values.length * 10 > MOST_OCTETS) {
      throw new DomainError(
        'too-many-values',
        `${name} cannot have ${values.length} TXT values: they fit no DNS message; remove old ones`,
      );
    }
    const block = this.#allocate(valuesWords(data.length));
    this.#words[block + VALUES.COUNT] = values.length;
    this.#words[block + VALUES.OCTETS] = data.length;
    this.#octets.set(data, (block + VALUES.DATA) << 2);
    return block;
  }

  #allocate(words: number): number {
    const used = this.#free.get(words)?.pop();
    if (used !== undefined) {
      Atomics.add(this.#words, HEADER.REUSES, 1);
      return used;
    }
    const block = this.#top;
    // Some room more: a reader may look at a longest name from the start of the last block.
    if ((block + words + 128) << 2 > this.#octets.length) this.#grow();
    this.#top += words;
    return block;
  }

  #releaseValues(block: number): void {
    if (block !== 0) this.#release(block, valuesWords(this.#word(block + VALUES.OCTETS)));
  }

  #release(block: number, words: number): void {
    const blocks = this.#free.get(words);
    if (blocks === undefined) this.#free.set(words, [block]);
    else blocks.push(block);
  }

  #grow(): void {
    const length = this.memory.byteLength + GROWTH;
    if (length > this.memory.maxByteLength) {
      throw new DomainError(
        'name-table-full',
        `the table of ${this.#size} names is full; the memory it may use has come to its end`,
      );
    }
    this.memory.grow(length);
    this.#words = new Int32Array(this.memory, 0, length >>> 2);
    this.#octets = new Uint8Array(this.memory, 0, length);
  }

  #setFlags(entry: number, flags: number, on: boolean): void {
    const info = this.#word(entry + ENTRY.INFO);
    const bits = flags << FLAGS_SHIFT;
    Atomics.store(this.#words, entry + ENTRY.INFO, on ? info | bits : info & ~bits);
  }

  #exists(entry: number): boolean {
    return ((this.#word(entry + ENTRY.INFO) >>> FLAGS_SHIFT) & ENTRY_FLAG.EXISTS) !== 0;
  }

  #word(index: number): number {
    return this.#words[index] as number;
  }

  #changed(): void {
    if (Atomics.exchange(this.#words, HEADER.SERIAL_SEEN, 0) === 0) return;
    const serial = Atomics.load(this.#words, HEADER.SERIAL) >>> 0;
    Atomics.store(this.#words, HEADER.SERIAL, Math.max(serial + 1, this.#now()));
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

function reserve(): SharedArrayBuffer {
  const length = FIRST_BLOCK * 4 + MEBIBYTE;
  for (const maxByteLength of RESERVATIONS) {
    try {
      return new SharedArrayBuffer(length, { maxByteLength });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new DomainError(
    'out-of-memory',
    'there is no memory for the table of names; allow this process at least 512 MB',
  );
}

function entryWords(nameLength: number): number {
  return ENTRY.NAME + ((nameLength + 3) >>> 2);
}

function valuesWords(octets: number): number {
  return VALUES.DATA + ((octets + 3) >>> 2);
}

function rdataOf(value: string): Uint8Array {
  const strings = txtStrings(value).flatMap((string) => [Uint8Array.of(string.length), string]);
  const rdata = Buffer.concat(strings);
  return Buffer.concat([Uint8Array.of(rdata.length >>> 8, rdata.length), rdata]);
}

function valueOf(rdata: Uint8Array): string {
  const strings: Uint8Array[] = [];
  for (let at = 0; at < rdata.length; at += 1 + (rdata[at] ?? 0))
    strings.push(rdata.subarray(at + 1, at + 1 + (rdata[at] ?? 0)));
  return Buffer.concat(strings).toString('utf8');
}
