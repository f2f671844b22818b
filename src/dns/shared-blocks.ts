import { DomainError } from '../core/error.ts';
import { FIRST_BLOCK, HEADER } from './name-table-layout.ts';

const MEBIBYTE = 2 ** 20;
const GROWTH = 16 * MEBIBYTE;
/** Only reserved, not used: pages come as names do. Where the machine does not allow as much, less will do. */
const RESERVATIONS = [4096, 1024, 256].map((mebibytes) => mebibytes * MEBIBYTE);
/** A reader may look at the longest name there is from the start of any block; it must find memory there. */
const MARGIN = 128;

/** Up to this many words, which is five values as CAs want them, a block has the size that was asked for. */
const EXACT = 64;

/** The memory of a name table, given out in blocks of words. Used by the one thread that writes. */
export class SharedBlocks {
  readonly memory: SharedArrayBuffer;
  words: Int32Array;
  octets: Uint8Array;
  #top = FIRST_BLOCK;
  /** Blocks given up, by their size in words. */
  readonly #free = new Map<number, number[]>();

  constructor() {
    this.memory = reserve();
    this.words = new Int32Array(this.memory, 0, this.memory.byteLength >>> 2);
    this.octets = new Uint8Array(this.memory, 0, this.memory.byteLength);
  }

  /** A block with anything in it. @throws DomainError `name-table-full` */
  allocate(wanted: number): number {
    const words = sizeFor(wanted);
    const used = this.#free.get(words)?.pop();
    if (used !== undefined) {
      Atomics.add(this.words, HEADER.REUSES, 1);
      return used;
    }
    const block = this.#top;
    if (block + words + MARGIN > this.words.length) this.#grow();
    this.#top += words;
    return block;
  }

  /** Gives up a block that no reader can find any more; one that has found it may still read it. */
  release(block: number, wanted: number): void {
    const words = sizeFor(wanted);
    const blocks = this.#free.get(words);
    if (blocks === undefined) this.#free.set(words, [block]);
    else blocks.push(block);
  }

  #grow(): void {
    const length = this.memory.byteLength + GROWTH;
    if (length > this.memory.maxByteLength) {
      throw new DomainError(
        'name-table-full',
        'the table of names is full: all memory reserved for it is used; remove names that nobody needs',
      );
    }
    this.memory.grow(length);
    this.words = new Int32Array(this.memory, 0, length >>> 2);
    this.octets = new Uint8Array(this.memory, 0, length);
  }
}

/**
 * Larger blocks come in two sizes for each power of two: a name that gets value after value gives up one block after the other, and in as many
 * sizes as there are lengths nobody would ever want most of them again.
 */
function sizeFor(words: number): number {
  if (words <= EXACT) return words;
  const power = 2 ** Math.ceil(Math.log2(words));
  return words <= power * 0.75 ? power * 0.75 : power;
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
