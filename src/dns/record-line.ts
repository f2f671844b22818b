import { DomainError } from '../core/error.ts';
import type { DomainName } from '../core/domain-name.ts';
import { octetData } from './octet-data.ts';
import { absolute, Fields, parseTtl, wrong } from './record-fields.ts';
import { type RecordData, type ResourceRecord, typeCode } from './record.ts';
import { decodeRdata, encodeRdata } from './record-wire.ts';
import { parseServiceParams } from './service-param-text.ts';
import { WireReader } from './wire-reader.ts';
import { type Word, words } from './record-words.ts';

const DEFAULT_TTL = 3600;

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
      return { type, strings: fields.txtStrings() };
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
      return octetData(type, fields);
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
