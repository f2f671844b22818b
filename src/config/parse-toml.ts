import { parse, TomlError } from 'smol-toml';
import type { DomainError } from '../core/error.ts';
import { messageOf } from '../core/error.ts';
import { fault } from './faults.ts';
import { keyLines } from './key-lines.ts';
import { isTree } from './tree.ts';
import type { Tree } from './tree.ts';

export interface TomlText {
  readonly tree: Tree;
  /** In which line a path stands. */
  readonly lines: ReadonlyMap<string, number>;
}

/** @throws DomainError `invalid-config` */
export function parseToml(text: string, file: string): TomlText {
  let tree: unknown;
  try {
    tree = parse(text, { unsafeKeyBehaviour: 'throw', maxDepth: 20 });
  } catch (error) {
    throw unreadable(error, file);
  }
  if (!isTree(tree)) throw fault(file, 'this is not a table of keys');
  return { tree, lines: keyLines(text) };
}

/** The parser shows the lines around the fault, which may hold a password: only its first line is kept. */
function unreadable(error: unknown, file: string): DomainError {
  const [first = ''] = messageOf(error)
    .replace(/^Invalid TOML document: /, '')
    .split('\n');
  const where = error instanceof TomlError ? `${file}, line ${error.line}` : file;
  return fault(where, `this cannot be read as TOML: ${first}; mend this line first`);
}
