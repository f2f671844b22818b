/** A table of foreign values on their way to being parsed. */
export type Tree = { readonly [key: string]: unknown };

export function isTree(value: unknown): value is Tree {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** `over` on top of `under`: tables are merged, everything else is replaced; what is undefined in `over` is not there. */
export function merge(under: Tree, over: Tree): Tree {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged[key];
    if (!isTree(value)) merged[key] = value;
    else if (Object.values(value).some((member) => member !== undefined))
      merged[key] = merge(isTree(below) ? below : {}, value);
  }
  return merged;
}

/** The value at a path such as `dns.listen`; undefined when there is none. */
export function valueAt(tree: Tree, path: string): unknown {
  let value: unknown = tree;
  for (const key of path.split('.')) value = isTree(value) ? value[key] : undefined;
  return value;
}

/** A tree with one value, at a path. */
export function treeOf(path: string, value: unknown): Tree {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Tree;
}

/** Object.freeze leaves a Map open: its entries are no properties. */
function freezeMap(map: Map<unknown, unknown>): void {
  for (const method of ['set', 'delete', 'clear']) Object.defineProperty(map, method, { value: refuse });
}

function refuse(): never {
  throw new TypeError('this map is read-only');
}

/** Freezes everything below, and returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    if (value instanceof Map) freezeMap(value);
    Object.freeze(value);
    for (const member of value instanceof Map ? value.values() : Object.values(value)) deepFreeze(member);
  }
  return value;
}
