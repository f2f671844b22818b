import { existsSync, readdirSync } from 'node:fs';

/** All that lies below a folder, sorted; nothing when it is not there. */
export function listing(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted() : [];
}
