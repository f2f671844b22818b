import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempFolder {
  readonly path: string;
  remove(): void;
}

/** A folder of its own for one peer or one test; gone at the latest when the test process ends. */
export function tempFolder(name: string): TempFolder {
  const path = mkdtempSync(join(tmpdir(), `evercert-${name}-`));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return { path, remove };
}
