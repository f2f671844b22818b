import { assertNever } from '../core/assert-never.ts';
import { DomainError } from '../core/error.ts';
import { addressOctets, addressText } from './address.ts';
import { nameFromText, nameToText, type WireName } from './name.ts';
import { type RecordData, type ServiceParam, TYPE, typeName } from './record.ts';
import { malformed, type WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** RDATA ready for the wire: octets as they are, and names that may be compressed (only those of RFC 1035, by RFC 3597 section 4). */
export type Rdata = readonly (Uint8Array | WireName)[];

/**
 * The RDATA of a record.
 * @throws DomainError `invalid-record` when a name or an address in it is none
 */
export function encodeRdata(record: RecordData): Rdata {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return [address(record.address, record.type === 'A' ? 4 : 16)];
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return [nameFromText(record.target)];
    case 'DNAME':
      return [written((to) => to.plainName(nameFromText(record.target)))];
    case 'SOA': {
      const { serial, refresh, retry, expire, minimum } = record;
      const numbers = written((to) => [serial, refresh, retry, expire, minimum].forEach((value) => to.uint32(value)));
      return [nameFromText(record.primary), nameFromText(record.mailbox), numbers];
    }
    case 'TXT':
      return [written((to) => record.strings.forEach((string) => to.characterString(string)))];
    case 'CAA':
      return [
        written((to) => {
          to.octet(record.flags);
          to.characterString(Buffer.from(record.tag, 'latin1'));
          to.octets(Buffer.from(record.value, 'latin1'));
        }),
      ];
    case 'MX':
      return [written((to) => to.uint16(record.preference)), nameFromText(record.exchange)];
    case 'SRV':
      return [
        written((to) => {
          for (const number of [record.priority, record.weight, record.port]) to.uint16(number);
          to.plainName(nameFromText(record.target));
        }),
      ];
    case 'SVCB':
    case 'HTTPS':
      return [written((to) => writeService(to, record.priority, record.target, record.params))];
    case 'UNKNOWN':
      return [record.data];
    default:
      return assertNever(record);
  }
}

/**
 * The record in the octets from `reader.at` to `reader.end`, which it must fill exactly.
 * @throws DomainError `dns-malformed`
 */
export function decodeRdata(type: number, reader: WireReader): RecordData {
  const data = read(type, reader);
  if (reader.at !== reader.end) throw malformed(`the data of a ${typeName(type)} record has octets left over`);
  return data;
}

function read(type: number, reader: WireReader): RecordData {
  switch (type) {
    case TYPE.A:
      return { type: 'A', address: addressText(reader.take(4)) };
    case TYPE.AAAA:
      return { type: 'AAAA', address: addressText(reader.take(16)) };
    case TYPE.NS:
    case TYPE.CNAME:
    case TYPE.PTR:
      return { type: type === TYPE.NS ? 'NS' : type === TYPE.PTR ? 'PTR' : 'CNAME', target: nameToText(reader.name()) };
    case TYPE.DNAME:
      return { type: 'DNAME', target: nameToText(reader.name()) };
    case TYPE.SOA: {
      const [primary, mailbox] = [nameToText(reader.name()), nameToText(reader.name())];
      const [serial, refresh, retry] = [reader.uint32(), reader.uint32(), reader.uint32()];
      return {
        type: 'SOA',
        primary,
        mailbox,
        serial,
        refresh,
        retry,
        expire: reader.uint32(),
        minimum: reader.uint32(),
      };
    }
    case TYPE.TXT: {
      const strings = [reader.characterString()];
      while (reader.at < reader.end) strings.push(reader.characterString());
      return { type: 'TXT', strings };
    }
    case TYPE.CAA: {
      const [flags, tag] = [reader.octet(), Buffer.from(reader.characterString()).toString('latin1')];
      return { type: 'CAA', flags, tag, value: Buffer.from(reader.rest()).toString('latin1') };
    }
    case TYPE.MX:
      return { type: 'MX', preference: reader.uint16(), exchange: nameToText(reader.name()) };
    case TYPE.SRV: {
      const [priority, weight, port] = [reader.uint16(), reader.uint16(), reader.uint16()];
      return { type: 'SRV', priority, weight, port, target: nameToText(reader.name()) };
    }
    case TYPE.SVCB:
    case TYPE.HTTPS:
      return readService(type === TYPE.SVCB ? 'SVCB' : 'HTTPS', reader);
    default:
      return { type: 'UNKNOWN', typeCode: type, data: reader.rest() };
  }
}

function writeService(to: WireWriter, priority: number, target: string, params: readonly ServiceParam[]): void {
  to.uint16(priority);
  to.plainName(nameFromText(target));
  for (const { key, value } of params) {
    to.uint16(key);
    to.uint16(value.length);
    to.octets(value);
  }
}

/** RFC 9460 section 2.2: keys strictly rising, or the record is malformed. */
function readService(type: 'SVCB' | 'HTTPS', reader: WireReader): RecordData {
  const priority = reader.uint16();
  const target = nameToText(reader.name());
  const params: ServiceParam[] = [];
  let last = -1;
  while (reader.at < reader.end) {
    const key = reader.uint16();
    if (key <= last) throw malformed('the parameters of a SVCB record are out of order');
    last = key;
    params.push({ key, value: reader.take(reader.uint16()) });
  }
  return { type, priority, target, params };
}

function address(text: string, size: 4 | 16): Uint8Array {
  const octets = addressOctets(text);
  if (octets?.length === size) return octets;
  throw new DomainError('invalid-record', `"${text}" is not an IPv${size === 4 ? 4 : 6} address`);
}

function written(write: (to: WireWriter) => void): Uint8Array {
  const writer = new WireWriter(64);
  write(writer);
  return writer.finish();
}
