import type { DerElement } from './der.ts';

const UTF8_STRING = 0x0c;
const NUMERIC_STRING = 0x12;
const PRINTABLE_STRING = 0x13;
const TELETEX_STRING = 0x14;
const IA5_STRING = 0x16;
const BMP_STRING = 0x1e;

/** The text of any of the string types that names have (X.520 DirectoryString and IA5String); undefined for other types. */
export function derText({ tag, content }: DerElement): string | undefined {
  const bytes = Buffer.from(content);
  switch (tag) {
    case UTF8_STRING:
      return bytes.toString('utf8');
    case NUMERIC_STRING:
    case PRINTABLE_STRING:
    case TELETEX_STRING:
    case IA5_STRING:
      return bytes.toString('latin1');
    case BMP_STRING:
      return bytes.length % 2 === 0 ? bytes.swap16().toString('utf16le') : undefined;
    default:
      return undefined;
  }
}
