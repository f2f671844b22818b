import { DomainError } from '../core/error.ts';

/**
 * A name as it stands on the wire, uncompressed, one character per octet: length octets, labels, the closing zero octet
 * (RFC 1035 section 3.1). Any octet may stand in a label, every suffix of labels is a suffix of the string, and strings
 * compare fast; so lookups and compression use this form, and people get the text form (`a.example`, no dot at the end).
 */
export type WireName = string;

export const ROOT: WireName = '\0';
/** RFC 1035 section 2.3.4, counted on the wire. */
export const LONGEST_NAME = 255;
export const LONGEST_LABEL = 63;

/** Each octet, with A to Z in lower case and all others as they are (RFC 4343 section 3). */
export const LOWER = Uint8Array.from({ length: 256 }, (_, octet) => (octet >= 65 && octet <= 90 ? octet + 32 : octet));

const NOT_OCTETS = /[\u0100-\uffff]/;
const ESCAPED = new Set(Buffer.from('.\\"();@$'));

function invalid(text: string, why: string): DomainError {
  return new DomainError('invalid-record', `"${text.slice(0, 80)}" is not a DNS name: ${why}`);
}

/** Lower case in the sense of DNS: ASCII letters only. Length octets are below 64 and stay what they are. */
export function lowerName(name: WireName): WireName {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Whether two names in text form are the same name (RFC 4343: case does not count; nor does a dot at the end). */
export function sameName(one: string, other: string): boolean {
  return one === other || lowerName(nameFromText(one)) === lowerName(nameFromText(other));
}

/**
 * The wire form of a name in zone-file text: `\.` and `\DDD` escapes, with or without the dot at the end; `.` is the root.
 * @throws DomainError `invalid-record`
 */
export function nameFromText(text: string): WireName {
  if (text === '.' || text === '') return ROOT;
  let wire = '';
  for (const label of text.includes('\\') ? escapedLabels(text) : labelsOf(text)) {
    if (label === '') throw invalid(text, 'it has an empty label');
    if (label.length > LONGEST_LABEL) throw invalid(text, 'a label has more than 63 octets');
    wire += String.fromCharCode(label.length) + label;
  }
  if (wire.length + 1 > LONGEST_NAME) throw invalid(text, 'it has more than 255 octets');
  if (NOT_OCTETS.test(wire)) throw invalid(text, 'it has characters that must be written as A-labels (xn--...)');
  return wire + ROOT;
}

function labelsOf(text: string): string[] {
  return (text.endsWith('.') ? text.slice(0, -1) : text).split('.');
}

function escapedLabels(text: string): string[] {
  const labels = [''];
  const add = (character: string): void => void labels.push((labels.pop() ?? '') + character);
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '.') {
      labels.push('');
    } else if (character === '\\') {
      const decimal = /^\d{3}/.exec(text.slice(at + 1, at + 4))?.[0];
      const octet = decimal === undefined ? text.charCodeAt(at + 1) : Number(decimal);
      if (!(octet <= 255)) throw invalid(text, 'a backslash needs a character or three digits up to 255 after it');
      add(String.fromCharCode(octet));
      at += decimal === undefined ? 1 : 3;
    } else {
      add(character);
    }
  }
  if (labels.length > 1 && labels.at(-1) === '') labels.pop();
  return labels;
}

/** The text form of a name, case kept, without the dot at the end; the root is `.`. */
export function nameToText(name: WireName): string {
  if (name === ROOT) return '.';
  let text = '';
  for (let at = 0; name.charCodeAt(at) !== 0;) {
    const end = at + 1 + name.charCodeAt(at);
    if (at > 0) text += '.';
    for (at += 1; at < end; at++) {
      const octet = name.charCodeAt(at);
      if (octet <= 32 || octet >= 127) text += `\\${String(octet).padStart(3, '0')}`;
      else text += ESCAPED.has(octet) ? `\\${name.charAt(at)}` : name.charAt(at);
    }
  }
  return text;
}

/** The name one label up; the root's parent is the root. */
export function parentName(name: WireName): WireName {
  return name === ROOT ? ROOT : name.slice(name.charCodeAt(0) + 1);
}

/** Whether `name` is `zone` or below it; both in lower case. */
export function isAtOrBelow(name: WireName, zone: WireName): boolean {
  for (let rest = name; rest.length >= zone.length; rest = parentName(rest)) {
    if (rest === zone) return true;
    if (rest === ROOT) return false;
  }
  return false;
}
