import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempFolder {
  readonly path: string;
  remove(): void;
}

const folders = new Set<string>();
process.once('exit', () => {
  for (const path of folders) removeFolder(path);
});

/** A folder of its own for one peer or one test; gone at the latest when the test process ends. */
export function tempFolder(name: string): TempFolder {
  const path = mkdtempSync(join(tmpdir(), `evercert-${name}-`));
  folders.add(path);
  return { path, remove: () => removeFolder(path) };
}

function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
  folders.delete(path);
}
