import { messageOf } from '../core/error.ts';

/** Primary result codes (sqlite.org/rescode.html), for which SQLite's own words do not say what to look at. */
const WORDS: ReadonlyMap<number, string> = new Map([
  [5, 'another program keeps it locked'],
  [8, 'this user may not write the file or its folder'],
  [10, 'it cannot be read or written; often the disk is full, or broken'],
  [11, 'it is damaged'],
  [13, 'the disk is full'],
  [14, 'the file is missing or may not be opened, or its folder may not be written'],
  [26, 'it is no SQLite database'],
]);

/** Why SQLite cannot do its work, in words. */
export function sqliteReason(error: unknown): string {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : -1;
  return WORDS.get(code) ?? messageOf(error);
}
