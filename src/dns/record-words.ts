import { DomainError } from '../core/error.ts';

/** A word of a zone-file line: as it was written, and the octets it stands for (escapes and quotes resolved). */
export interface Word {
  readonly raw: string;
  readonly octets: Uint8Array;
}

/**
 * The words of a zone-file line (RFC 1035 section 5.1): parted by blanks, quotes keep blanks, `\` and `\DDD` escape, `;` starts a
 * comment, and parentheses are allowed where they change nothing. A quote inside a word goes on with it: `alpn="h2,h3"`.
 * @throws DomainError `invalid-record`
 */
export function words(line: string): Word[] {
  const found: Word[] = [];
  let at = 0;
  while (at < line.length) {
    const character = line.charAt(at);
    if (character === ';') break;
    if (/[\s()]/.test(character)) at += 1;
    else at = takeWord(line, at, found);
  }
  return found;
}

function takeWord(line: string, start: number, found: Word[]): number {
  const octets: number[] = [];
  let quoted = false;
  let at = start;
  for (; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === '"') {
      quoted = !quoted;
      // A closing quote ends a word that began with one, so "a""b" is two strings.
      if (!quoted && line.charAt(start) === '"') {
        at += 1;
        break;
      }
    } else if (!quoted && /[\s();]/.test(character)) {
      break;
    } else if (character === '\\') {
      const decimal = /^\d{3}/.exec(line.slice(at + 1, at + 4))?.[0];
      if (at + 1 >= line.length || Number(decimal ?? 0) > 255)
        throw new DomainError('invalid-record', 'a backslash escapes nothing');
      octets.push(...(decimal === undefined ? Buffer.from(line.charAt(at + 1), 'utf8') : [Number(decimal)]));
      at += decimal === undefined ? 1 : 3;
    } else {
      octets.push(...Buffer.from(String.fromCodePoint(line.codePointAt(at) ?? 0), 'utf8'));
      if ((line.codePointAt(at) ?? 0) > 0xffff) at += 1;
    }
  }
  if (quoted) throw new DomainError('invalid-record', 'a quotation mark is not closed');
  const text = line.slice(start, at);
  found.push({ raw: /^".*"$/s.test(text) ? text.slice(1, -1) : text, octets: Uint8Array.from(octets) });
  return at;
}
