const FIELD = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(,|$)/y;

/**
 * The values of a list in an annotation: one line of CSV (RFC 4180), as `csvLine` writes it. Space around values, and values that are nothing but
 * space, do not count. Undefined when a quote stands or ends where it may not.
 */
export function splitList(text: string): string[] | undefined {
  const fields: string[] = [];
  FIELD.lastIndex = 0;
  for (;;) {
    const match = FIELD.exec(text);
    if (match === null) return undefined;
    const [, quoted, bare = '', end] = match;
    fields.push(quoted === undefined ? bare.trim() : quoted.replaceAll('""', '"'));
    if (end === '') return fields.filter((field) => field.trim() !== '');
  }
}
