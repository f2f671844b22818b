/**
 * How a name table lies in its one growable SharedArrayBuffer, in 32-bit words. A block is found by the index of its first word,
 * and 0 is no block.
 *
 *     header | bucket heads | blocks ...
 *
 * Names are hashed into chains. One writer changes the table while any number of readers look things up, and no reader ever
 * waits: a change becomes visible by one atomic store of one word, after the block it points to is complete, and a block that
 * was given up stays as it is until it is used again. Only that can mislead a reader that still stands on it, so the writer
 * counts REUSES before it does, and a reader that saw the count move looks again.
 */
export const HEADER = {
  /** Counts each time a block that once was visible is about to be written again. */
  REUSES: 0,
  SERIAL: 1,
  /** 1 once somebody has read the serial, so that the next change must move it. */
  SERIAL_SEEN: 2,
  /** 0 while names may be missing, as when they are being loaded. */
  COMPLETE: 3,
  WORDS: 16,
} as const;

/** A power of two. With ten million names a chain has ten: still little beside one packet's way through the kernel. */
const BUCKETS = 2 ** 20;
export const FIRST_BLOCK = HEADER.WORDS + BUCKETS;

/** An entry: one name, with what stands at it. `INFO` is the length of its wire form, and above it the flags. */
export const ENTRY = { NEXT: 0, HASH: 1, VALUES: 2, INFO: 3, CHILDREN: 4, NAME: 5 } as const;
export const FLAGS_SHIFT = 8;
/** EXISTS: the name was set. Without it, the entry only stands for the names below it. */
export const ENTRY_FLAG = { EXISTS: 1, WATCHED: 2 } as const;

/** A block of values: each one is the length of its RDATA in two octets, most significant first, and the RDATA. */
export const VALUES = { COUNT: 0, OCTETS: 1, DATA: 2 } as const;

/** Rounds of FNV-1a, over a name in wire form and lower case. */
export const HASH_SEED = 0x811c9dc5 | 0;
export const HASH_PRIME = 0x01000193;

/** The bucket of a hash; FNV's low bits alone are not mixed well enough. */
export function bucketOf(hash: number): number {
  return HEADER.WORDS + ((hash ^ (hash >>> 15)) & (BUCKETS - 1));
}
