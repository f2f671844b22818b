import type { Locate } from './faults.ts';
import { isTree } from './tree.ts';
import type { Tree } from './tree.ts';

export interface Sources {
  readonly file: string | undefined;
  /** By path, as all here. */
  readonly lines: ReadonlyMap<string, number>;
  readonly variables: ReadonlyMap<string, string>;
  readonly flags: Tree;
  /** What a person types for a path, such as `--server`. */
  readonly flagNames: Readonly<Record<string, string>>;
}

/** Where a path was written: the command line, a variable, or a line of the file; else the table it would stand in. */
export function createLocate(sources: Sources): Locate {
  const flags = leafPaths(sources.flags, '');
  return (path) => {
    for (let length = path.length; length > 0; length -= 1) {
      const prefix = path.slice(0, length).map(String).join('.');
      if (flags.has(prefix)) return sources.flagNames[prefix] ?? 'command line';
      const variable = sources.variables.get(prefix);
      if (variable !== undefined) return variable;
      const line = sources.lines.get(prefix);
      if (line !== undefined) return `${sources.file ?? 'configuration'}, line ${line}`;
    }
    return sources.file ?? '';
  };
}

function leafPaths(tree: Tree, prefix: string): Set<string> {
  return new Set(
    Object.entries(tree).flatMap(([key, value]) =>
      isTree(value) ? [...leafPaths(value, `${prefix}${key}.`)] : [`${prefix}${key}`],
    ),
  );
}
