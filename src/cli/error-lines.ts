import { wrap } from './wrap.ts';

/** A record as messages have it: two spaces around the type, the dots at the ends. */
const RECORD = /(\S+\.) {2}(CNAME|NS) {2}(\S+\.)(?=$|[\s,;])/;
const INDENT = '  ';

/**
 * A message for a terminal of `width` columns, all but its first line indented. A record that has to be typed somewhere stands on a line
 * of its own, unbroken, so that it can be copied.
 */
export function errorLines(message: string, width: number): string[] {
  return linesOf(message, width - INDENT.length).map((line, index) => (index === 0 ? line : `${INDENT}${line}`));
}

function linesOf(text: string, width: number): string[] {
  const found = RECORD.exec(text);
  if (found === null) return wrap(text, width);
  const [whole, name = '', type = '', target = ''] = found;
  const before = text.slice(0, found.index).trim();
  const after = text.slice(found.index + whole.length).replace(/^[,;]?\s*/, '');
  const record = recordLines(name, type, target, width - INDENT.length).map((line) => `${INDENT}${line}`);
  return [...wrap(before, width), ...record, ...(after === '' ? [] : linesOf(after, width))];
}

/** One line when it fits, or two. */
export function recordLines(name: string, type: string, target: string, width: number): string[] {
  const oneLine = `${name}  ${type}  ${target}`;
  return oneLine.length <= width ? [oneLine] : [name, `${INDENT}${type}  ${target}`];
}
