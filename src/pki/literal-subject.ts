import { DomainError } from '../core/error.ts';
import { readDer } from './der.ts';
import { derText } from './der-text.ts';
import type { DistinguishedName, NameAttribute } from './distinguished-name.ts';
import { isOid } from './oid.ts';

/** The keys that cert-manager knows; another is written as its OID in dots. */
const KEYS: Readonly<Record<string, string>> = {
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: '2.5.4.3',
  SERIALNUMBER: '2.5.4.5',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  DC: '0.9.2342.19200300.100.1.25',
  UID: '0.9.2342.19200300.100.1.1',
};
const SEPARATORS = ',;+';
const ESCAPABLE = ' "#+,;<=>\\';
const HEX_PAIR = /^[0-9A-Fa-f]{2}/;

/**
 * An RFC 4514 string (`spec.literalSubject`) as the RDN sequence it stands for: such a string is written backwards, so the last RDN
 * comes first. As there, `;` also separates, space around keys and values means nothing, and quotation marks are escaped, not quotes.
 * @throws DomainError `invalid-subject`; for an unknown key in cert-manager's words, which its users know
 */
export function parseLiteralSubject(text: string): DistinguishedName {
  if (text.trim() === '') return [];
  const name: NameAttribute[][] = [[]];
  for (let at = 0; ;) {
    const { end, equals } = attributeEnd(text, at);
    name[0]?.push(parseAttribute(text, at, equals, end));
    const separator = text[end];
    if (separator === undefined) return name;
    if (separator !== '+') name.unshift([]);
    at = end + 1;
  }
}

/** Where the attribute that begins at `from` ends, and where its first bare `=` stands. */
function attributeEnd(text: string, from: number): { end: number; equals: number } {
  let equals = -1;
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '\\') at++;
    else if (character === '=' && equals < 0) equals = at;
    else if (SEPARATORS.includes(character)) return { end: at, equals };
  }
  return { end: text.length, equals };
}

function parseAttribute(text: string, from: number, equals: number, end: number): NameAttribute {
  const key = equals < 0 ? '' : text.slice(from, equals).trim();
  if (key === '') throw invalid(`"${text.slice(from, end).slice(0, 80)}" is not of the form key=value`);
  const written = text.slice(equals + 1, end);
  const read = written.trimStart().startsWith('#')
    ? encodedValue(written.trim())
    : { value: unescape(trimmed(written)) };
  const oid = Object.hasOwn(KEYS, key) ? KEYS[key] : isOid(key) ? key : undefined;
  if (oid === undefined) {
    throw new DomainError('invalid-subject', `Literal subject contains unrecognized key with value [${read.value}]`);
  }
  return { oid, ...read };
}

/** Without the space around it; a space at the end that is escaped stays. */
function trimmed(written: string): string {
  const text = written.trim();
  const backslashes = /\\*$/.exec(text)?.[0].length ?? 0;
  return backslashes % 2 === 1 && written.trimStart().length > text.length ? `${text} ` : text;
}

function unescape(text: string): string {
  const octets: number[] = [];
  for (let at = 0; at < text.length;) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    const escaped = text[at + 1];
    const pair = HEX_PAIR.exec(text.slice(at + 1, at + 3))?.[0];
    if (character !== '\\') {
      octets.push(...Buffer.from(character));
      at += character.length;
    } else if (escaped !== undefined && ESCAPABLE.includes(escaped)) {
      octets.push(escaped.charCodeAt(0));
      at += 2;
    } else if (pair !== undefined) {
      octets.push(Number.parseInt(pair, 16));
      at += 3;
    } else {
      throw invalid(`a backslash stands before neither a special character nor two hexadecimal digits`);
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(octets));
  } catch {
    throw invalid('the escaped octets are no UTF-8');
  }
}

/** `#` and the value's DER in hexadecimal digits (RFC 4514 section 2.4). */
function encodedValue(text: string): { value: string; encoded: Uint8Array } {
  const digits = text.slice(1);
  if (digits === '' || digits.length % 2 !== 0 || !/^[0-9A-Fa-f]+$/.test(digits)) {
    throw invalid('after "#" there must be pairs of hexadecimal digits');
  }
  const encoded = Buffer.from(digits, 'hex');
  try {
    const element = readDer(encoded);
    if (element.end !== encoded.length) throw new RangeError('there is more than one value');
    return { value: derText(element) ?? `#${digits.toLowerCase()}`, encoded };
  } catch {
    throw invalid('what stands after "#" is no DER');
  }
}

function invalid(why: string): DomainError {
  return new DomainError('invalid-subject', `the literal subject cannot be read: ${why}`);
}
