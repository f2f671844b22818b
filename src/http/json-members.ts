/** The members of a JSON object in the order they were written, duplicates kept, and what follows the object. */
export interface JsonObject {
  readonly members: readonly (readonly [name: string, value: unknown])[];
  readonly rest: string;
}

const SPACE = /[ \t\r\n]*/y;
// eslint-disable-next-line no-control-regex
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

/**
 * Reads the first value of `text`, which must be an object (RFC 8259), as a stream decoder does: what follows it is not
 * looked at, and each member is seen as it comes. JSON.parse can do neither. undefined when there is no whole object.
 */
export function readJsonObject(text: string): JsonObject | undefined {
  let position = 0;
  const members: (readonly [string, unknown])[] = [];

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) position += found.length;
    return found;
  }

  function takeCharacter(character: string): boolean {
    take(SPACE);
    if (text[position] !== character) return false;
    position += 1;
    return true;
  }

  function takeMember(): boolean {
    take(SPACE);
    const name = take(STRING);
    if (name === undefined || !takeCharacter(':')) return false;
    take(SPACE);
    const value = takeValue();
    if (value === undefined) return false;
    members.push([JSON.parse(name) as string, value.value]);
    return true;
  }

  function takeValue(): { value: unknown } | undefined {
    const first = text[position];
    if (first === '{' || first === '[') return takeNested();
    const written = first === '"' ? take(STRING) : take(SCALAR);
    return written === undefined ? undefined : { value: JSON.parse(written) };
  }

  /** The brackets tell where it ends, JSON.parse whether it is right. */
  function takeNested(): { value: unknown } | undefined {
    const start = position;
    let depth = 0;
    do {
      const character = text[position];
      if (character === undefined) return undefined;
      if (character === '"') {
        if (take(STRING) === undefined) return undefined;
        continue;
      }
      if (character === '{' || character === '[') depth += 1;
      if (character === '}' || character === ']') depth -= 1;
      position += 1;
    } while (depth > 0);
    return parsed(text.slice(start, position));
  }

  if (!takeCharacter('{')) return undefined;
  if (takeCharacter('}')) return { members, rest: text.slice(position) };
  do {
    if (!takeMember()) return undefined;
  } while (takeCharacter(','));
  return takeCharacter('}') ? { members, rest: text.slice(position) } : undefined;
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
