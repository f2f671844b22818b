/**
 * In which line (from 1) each key of a TOML text stands, by its path, such as `dns.listen` or `certificate.0.names`. The text was parsed
 * before; this only looks for lines, since the parser does not tell them. Keys within inline tables have none.
 */
export function keyLines(toml: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  let table: readonly string[] = [];
  let open = noValue;
  for (const [index, line] of toml.split('\n').entries()) {
    if (open.depth > 0 || open.quote !== undefined) {
      open = readValue(line, open);
      continue;
    }
    const header = /^\s*(\[\[?)(.*?)\]/.exec(line);
    if (header !== null) {
      table = throughArrays(splitKey(header[2] ?? ''), counts, header[1] === '[[');
      lines.set(table.join('.'), index + 1);
      continue;
    }
    const end = endOfKey(line);
    if (end < 0) continue;
    const path = [...table, ...splitKey(line.slice(0, end))];
    for (let length = table.length + 1; length <= path.length; length += 1) {
      const part = path.slice(0, length).join('.');
      if (!lines.has(part)) lines.set(part, index + 1);
    }
    open = readValue(line.slice(end + 1), noValue);
  }
  return lines;
}

/** How far a value that goes on in the next line has been read. */
interface OpenValue {
  readonly depth: number;
  readonly quote: '"""' | "'''" | undefined;
}

const noValue: OpenValue = { depth: 0, quote: undefined };

function readValue(text: string, { depth, quote }: OpenValue): OpenValue {
  let at = 0;
  while (at < text.length) {
    if (quote !== undefined) {
      const end = text.indexOf(quote, at);
      if (end < 0) return { depth, quote };
      at = end + 3;
      quote = undefined;
      continue;
    }
    const three = text.slice(at, at + 3);
    const char = text[at] ?? '';
    if (three === '"""' || three === "'''") {
      quote = three;
      at += 3;
    } else if (char === '"' || char === "'") {
      at += (/^"(?:\\.|[^"\\])*"|^'[^']*'/.exec(text.slice(at)) ?? [char])[0].length;
    } else if (char === '#') {
      break;
    } else {
      if (char === '[' || char === '{') depth += 1;
      if (char === ']' || char === '}') depth -= 1;
      at += 1;
    }
  }
  return { depth, quote };
}

function endOfKey(line: string): number {
  const match = /^(?:\s|[A-Za-z0-9_.-]|"(?:\\.|[^"\\])*"|'[^']*')*=/.exec(line);
  return match === null ? -1 : match[0].length - 1;
}

function splitKey(text: string): string[] {
  return [...text.matchAll(/[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'/g)].map(([part]) =>
    part.replace(/^["']|["']$/g, ''),
  );
}

/** `certificate` is `certificate.1` below its second `[[certificate]]`. */
function throughArrays(path: readonly string[], counts: Map<string, number>, isElement: boolean): readonly string[] {
  let real: string[] = [];
  for (const [index, part] of path.entries()) {
    real = [...real, part];
    const name = real.join('.');
    if (isElement && index === path.length - 1) counts.set(name, (counts.get(name) ?? 0) + 1);
    const count = counts.get(name);
    if (count !== undefined) real = [...real, String(count - 1)];
  }
  return real;
}
