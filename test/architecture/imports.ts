/** One import as it is written in a file of src/. */
export interface Import {
  /** Path below src/, such as `dns/server.ts`. */
  readonly file: string;
  /** What is named: `../core/error.ts`, `node:net`, `zod`. */
  readonly specifier: string;
  /** Only types: gone at run time. */
  readonly isType: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const STATIC = /^[ \t]*(?:import|export)\b(?<clause>[^'"`;=]*?)\bfrom\s*['"](?<specifier>[^'"\n]+)['"]/gm;
const BARE = /^[ \t]*import\s*['"](?<specifier>[^'"\n]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*(?:['"](?<specifier>[^'"\n]+)['"]|(?<unknown>[^'"\s)]))/g;

/** Every import of a file: static, re-exported, for its effect, dynamic, and as a type. What cannot be read is `(unknown)`. */
export function importsOf({ path, text }: SourceFile): Import[] {
  const code = withoutComments(text);
  const found = (match: RegExpExecArray, isType: boolean): Import => ({
    file: path,
    specifier: match.groups?.['specifier'] ?? '(unknown)',
    isType,
  });
  return [
    ...[...code.matchAll(STATIC)].map((match) =>
      found(match, /^\s*type\s+[^\s,]/.test(match.groups?.['clause'] ?? '')),
    ),
    ...[...code.matchAll(BARE)].map((match) => found(match, false)),
    ...[...code.matchAll(DYNAMIC)].map((match) => found(match, false)),
  ];
}

/** Comments may speak of imports. A `//` within a text is kept, since nobody imports behind one. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}
