import { DomainError } from '../core/error.ts';
import type { DomainName } from '../core/domain-name.ts';
import { nameFromText } from './name.ts';
import type { Word } from './record-words.ts';

const TTL_UNIT: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** The words of the data, taken one after the other. */
export class Fields {
  readonly #type: string;
  readonly #words: Word[];
  readonly #origin: DomainName | undefined;

  constructor(type: string, rest: Word[], origin: DomainName | undefined) {
    this.#type = type;
    this.#words = rest;
    this.#origin = origin;
  }

  peek(): string | undefined {
    return this.#words[0]?.raw;
  }

  all(): Word[] {
    return this.#words.splice(0);
  }

  finish(): void {
    const extra = this.#words[0];
    if (extra !== undefined)
      throw wrong(`a ${this.#type} record has nothing more to say after its data, but here is "${extra.raw}"`);
  }

  text(what: string): string {
    return Buffer.from(this.#next(what).octets).toString('latin1');
  }

  name(what: string): string {
    return absolute(this.#next(what).raw, this.#origin);
  }

  tag(): string {
    const tag = this.text('tag');
    if (!/^[0-9a-z]{1,255}$/i.test(tag))
      throw wrong(`the tag "${tag}" of a CAA record has other than letters and digits`);
    return tag;
  }

  /** One that is too long for a string is cut into several, as by what reads `records` in acme-dns: who joins them gets the same text. */
  txtStrings(): Uint8Array[] {
    return [this.#next('text'), ...this.all()].flatMap((word) => pieces(word.octets));
  }

  octets(what: string): Uint8Array {
    return this.#next(what).octets;
  }

  /** A `<character-string>` (RFC 1035 section 3.3). */
  string(what: string): Uint8Array {
    const octets = this.octets(what);
    if (octets.length <= 255) return octets;
    throw wrong(`the ${what} has more than 255 octets`);
  }

  /** Whatever is left, which may stand in several words. */
  hex(what: string): Uint8Array {
    const hex = this.#rest(what);
    if (/^([0-9a-f]{2})+$/i.test(hex)) return Buffer.from(hex, 'hex');
    throw wrong(`the ${what} is not in hex`);
  }

  base64(what: string): Uint8Array {
    const text = this.#rest(what);
    const octets = Buffer.from(text, 'base64');
    if (octets.toString('base64').replace(/=+$/, '') === text.replace(/={1,2}$/, '')) return octets;
    throw wrong(`the ${what} is not in base64`);
  }

  /** A number, or the word that stands for it in a registry. */
  code(what: string, bits: 8 | 16, names: Readonly<Record<string, number>>): number {
    const word = this.peek()?.toUpperCase() ?? '';
    if (!Object.hasOwn(names, word)) return this.number(what, bits);
    this.#words.shift();
    return names[word] ?? 0;
  }

  number(what: string, bits: 8 | 16 | 32): number {
    const { raw } = this.#next(what);
    if (!/^\d{1,10}$/.test(raw) || Number(raw) >= 2 ** bits)
      throw wrong(`the ${what} is "${raw}", not a number below ${2 ** bits}`);
    return Number(raw);
  }

  ttl(what: string): number {
    return parseTtl(this.#next(what).raw);
  }

  #rest(what: string): string {
    return [this.#next(what), ...this.all()].map((word) => word.raw).join('');
  }

  #next(what: string): Word {
    const word = this.#words.shift();
    if (word === undefined) throw wrong(`a ${this.#type} record needs its ${what}`);
    return word;
  }
}

/** A name of a zone file: below `origin` unless it ends in a dot. */
export function absolute(text: string, origin: DomainName | undefined): string {
  if (text === '@' && origin !== undefined) return origin;
  const dotted = /(^|[^\\])(\\\\)*\.$/.test(text);
  const name = origin === undefined || dotted ? text : `${text}.${origin}`;
  nameFromText(name);
  return dotted && name !== '.' ? name.slice(0, -1) : name;
}

/** Seconds, or with units as BIND writes them: `1h30m`. */
export function parseTtl(text: string): number {
  const parts = [...text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)];
  const seconds = parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (TTL_UNIT[unit ?? ''] ?? Number.NaN),
    0,
  );
  if (parts.map((part) => part[0]).join('') !== text.toLowerCase() || !(seconds < 2 ** 31)) {
    throw wrong(`"${text}" is not a TTL in seconds below 2^31`);
  }
  return seconds;
}

export function wrong(what: string): DomainError {
  return new DomainError('invalid-record', what);
}

function pieces(octets: Uint8Array): Uint8Array[] {
  const count = Math.max(1, Math.ceil(octets.length / 255));
  return Array.from({ length: count }, (_, at) => octets.subarray(at * 255, (at + 1) * 255));
}
