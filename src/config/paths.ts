import { resolve } from 'node:path';
import type { Field } from './field.ts';
import { isSection, sections } from './settings.ts';
import { isTree } from './tree.ts';
import type { Tree } from './tree.ts';

/** The tree with its file names made absolute: those of a file are meant from its folder, all others from the current one. */
export function anchorPaths(tree: Tree, folder: string): Tree {
  return anchor(tree, '', folder);
}

function anchor(tree: Tree, section: string, folder: string): Tree {
  const fields: Readonly<Record<string, Field>> = isSection(section) ? sections[section] : {};
  const paths = Object.entries(fields).flatMap(([name, { kind }]) => (kind === 'path' ? [name] : []));
  const entries = Object.entries(tree).map(([key, value]): [string, unknown] => {
    const below = section === '' ? key : `${section}.${key}`;
    if (isTree(value)) return [key, anchor(value, below, folder)];
    if (Array.isArray(value))
      return [key, value.map((one: unknown) => (isTree(one) ? anchor(one, below, folder) : one))];
    return [key, paths.includes(key) && typeof value === 'string' && value !== '' ? resolve(folder, value) : value];
  });
  return Object.fromEntries(entries);
}
