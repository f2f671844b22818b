import { DomainError } from '../core/error.ts';
import type { DomainName } from '../core/domain-name.ts';
import { nameFromText } from './name.ts';
import { type RecordData, type ResourceRecord, typeCode } from './record.ts';
import { decodeRdata, encodeRdata } from './record-wire.ts';
import { parseServiceParams } from './service-param-text.ts';
import { WireReader } from './wire-reader.ts';
import { type Word, words } from './record-words.ts';

const DEFAULT_TTL = 3600;
const TTL_UNIT: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * One record as a line of a zone file (RFC 1035 section 5.1): `name [ttl] [IN] type data`. The case of everything is kept.
 * Names are absolute, with or without the dot at the end, unless `origin` is given: then a name without the dot is below it,
 * and `@` is the origin itself. Any type may be written as `TYPE123 \# length hex` (RFC 3597 section 5).
 * @throws DomainError `invalid-record` with the line and what is wrong in it
 */
export function parseRecordLine(line: string, origin?: DomainName): ResourceRecord {
  try {
    return parse(words(line), origin);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new DomainError(
      'invalid-record',
      `the record line "${line.trim().slice(0, 120)}" is not usable: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

function parse([owner, ...rest]: readonly Word[], origin: DomainName | undefined): ResourceRecord {
  if (owner === undefined) throw wrong('it is empty');
  const name = absolute(owner.raw, origin);
  let ttl = DEFAULT_TTL;
  let seenTtl = false;
  let seenClass = false;
  for (;;) {
    const word = rest.shift();
    if (word === undefined) throw wrong('it has no type');
    const upper = word.raw.toUpperCase();
    if (!seenClass && /^(IN|CLASS1)$/.test(upper)) {
      seenClass = true;
    } else if (!seenClass && /^(CH|HS|CS|ANY|CLASS\d+)$/.test(upper)) {
      throw wrong(`the class is ${word.raw}, and only IN is served`);
    } else if (!seenTtl && /^\d/.test(word.raw)) {
      seenTtl = true;
      ttl = parseTtl(word.raw);
    } else {
      return { name, ttl, ...parseData(upper, new Fields(upper, rest, origin)) };
    }
  }
}

function parseData(type: string, fields: Fields): RecordData {
  const code = typeCode(type);
  if (code === undefined) throw wrong(`"${type}" is not a record type that is known; write it as TYPE and its number`);
  if (fields.peek() === '\\#') return genericData(code, fields);
  const data = namedData(type, fields);
  if (data === undefined) throw wrong(`the data of a ${type} record must be written as \\# length hex (RFC 3597)`);
  fields.finish();
  // Fails here rather than at the first answer: an address that is none, a name that is too long.
  encodeRdata(data);
  return data;
}

function namedData(type: string, fields: Fields): RecordData | undefined {
  switch (type) {
    case 'A':
    case 'AAAA':
      return { type, address: fields.text('address') };
    case 'NS':
    case 'CNAME':
    case 'DNAME':
    case 'PTR':
      return { type, target: fields.name('target') };
    case 'SOA': {
      const [primary, mailbox] = [fields.name('primary server'), fields.name('mailbox')];
      const [serial, refresh, retry] = [fields.number('serial', 32), fields.ttl('refresh'), fields.ttl('retry')];
      return {
        type,
        primary,
        mailbox,
        serial,
        refresh,
        retry,
        expire: fields.ttl('expire'),
        minimum: fields.ttl('minimum'),
      };
    }
    case 'TXT':
      return { type, strings: fields.strings() };
    case 'CAA':
      return { type, flags: fields.number('flags', 8), tag: fields.tag(), value: fields.text('value') };
    case 'MX':
      return { type, preference: fields.number('preference', 16), exchange: fields.name('exchange') };
    case 'SRV': {
      const [priority, weight] = [fields.number('priority', 16), fields.number('weight', 16)];
      return { type, priority, weight, port: fields.number('port', 16), target: fields.name('target') };
    }
    case 'SVCB':
    case 'HTTPS': {
      const [priority, target] = [fields.number('priority', 16), fields.name('target')];
      return { type, priority, target, params: parseServiceParams(fields.all()) };
    }
    default:
      return undefined;
  }
}

function genericData(code: number, fields: Fields): RecordData {
  fields.text('mark');
  const length = fields.number('length', 16);
  const hex = fields
    .all()
    .map((word) => word.raw)
    .join('');
  if (!/^([0-9a-f]{2})*$/i.test(hex) || hex.length !== length * 2)
    throw wrong(`the data is not ${length} octets in hex`);
  return decodeRdata(code, new WireReader(Buffer.from(hex, 'hex')));
}

/** The words of the data, taken one after the other. */
class Fields {
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

  strings(): Uint8Array[] {
    const strings = [this.#next('text'), ...this.all()].map((word) => word.octets);
    if (strings.some((octets) => octets.length > 255))
      throw wrong('a string has more than 255 octets; cut it into several');
    return strings;
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

  #next(what: string): Word {
    const word = this.#words.shift();
    if (word === undefined) throw wrong(`a ${this.#type} record needs its ${what}`);
    return word;
  }
}

function absolute(text: string, origin: DomainName | undefined): string {
  if (text === '@' && origin !== undefined) return origin;
  const dotted = /(^|[^\\])(\\\\)*\.$/.test(text);
  const name = origin === undefined || dotted ? text : `${text}.${origin}`;
  nameFromText(name);
  return dotted && name !== '.' ? name.slice(0, -1) : name;
}

/** Seconds, or with units as BIND writes them: `1h30m`. */
function parseTtl(text: string): number {
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

function wrong(what: string): DomainError {
  return new DomainError('invalid-record', what);
}
