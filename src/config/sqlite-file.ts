import { closeSync, openSync, readSync } from 'node:fs';

/** Every SQLite file begins with these octets (sqlite.org/fileformat.html, section 1.3); one without tables yet may be empty. */
const MAGIC = 'SQLite format 3\0';

/** @throws Error of node:fs when it cannot be read, also of a folder */
export function isSqliteFile(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(MAGIC.length);
    const size = readSync(file, head, 0, head.length, 0);
    return size === 0 || head.toString('latin1') === MAGIC;
  } finally {
    closeSync(file);
  }
}
