import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceFile } from './imports.ts';

/** The top folder of the project. */
export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

/** The TypeScript files below a folder of the project, with their paths in it. */
export function sourceFiles(folder: string): SourceFile[] {
  const root = join(projectFolder, folder);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

export function projectText(path: string): string {
  return readFileSync(join(projectFolder, path), 'utf8');
}
