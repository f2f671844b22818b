import { nameFromText, nameToText, ROOT } from './name.ts';
import { type QueryType, codeOf, type ResourceRecord, TYPE, typeCode, typeName } from './record.ts';
import { decodeRdata, encodeRdata, type Rdata } from './record-wire.ts';
import { malformed, WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** RFC 1035 section 4.1.1, RFC 6895 section 2.3; 16 and above need EDNS (RFC 6891). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
} as const;

export type Rcode = keyof typeof RCODE | `RCODE${number}`;

const NAME_OF = new Map<number, Rcode>(Object.entries(RCODE).map(([name, code]) => [code, name as Rcode]));

export function rcodeName(code: number): Rcode {
  return NAME_OF.get(code) ?? `RCODE${code}`;
}

function rcodeNumber(rcode: Rcode): number {
  return rcode in RCODE ? RCODE[rcode as keyof typeof RCODE] : Number(rcode.slice(5));
}

export const CLASS_IN = 1;
export const HEADER_LENGTH = 12;

interface Question {
  readonly name: string;
  readonly type: QueryType;
  readonly class: number;
}

/** RFC 6891 section 6.1.2. */
export interface Edns {
  readonly udpSize: number;
  readonly version: number;
  readonly dnssecOk: boolean;
}

/** The flags of the header, as one number of 16 bits without opcode and rcode: see `FLAG`. */
export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, AD: 0x0020, CD: 0x0010 } as const;
const ALL_FLAGS = 0x87b0;

export interface Message {
  readonly id: number;
  readonly flags: number;
  readonly opcode: number;
  readonly rcode: Rcode;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** Without the OPT record, which is `edns`. */
  readonly additional: readonly ResourceRecord[];
  readonly edns: Edns | undefined;
}

/**
 * A whole message from its octets.
 * @throws DomainError `dns-malformed`
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new WireReader(bytes);
  const [id, bits] = [reader.uint16(), reader.uint16()];
  const [questionCount, answerCount, authorityCount, additionalCount] = [
    reader.uint16(),
    reader.uint16(),
    reader.uint16(),
    reader.uint16(),
  ];
  const questions = Array.from({ length: questionCount }, () => readQuestion(reader));
  const options: Opt[] = [];
  const answers = readRecords(reader, answerCount, options);
  const authority = readRecords(reader, authorityCount, options);
  if (options.length > 0) throw malformed('an OPT record stands outside the additional section');
  const additional = readRecords(reader, additionalCount, options);
  if (options.length > 1) throw malformed('it has more than one OPT record');
  if (reader.at !== reader.end) throw malformed('octets are left over at the end');
  const [edns] = options;
  const rcode = rcodeName((edns?.extendedRcode ?? 0) * 16 + (bits & 0xf));
  const opcode = (bits >>> 11) & 0xf;
  return { id, flags: bits & ALL_FLAGS, opcode, rcode, questions, answers, authority, additional, edns: edns?.edns };
}

/** The octets of a message, names compressed. */
export function encodeMessage(message: Message): Uint8Array {
  const writer = new WireWriter();
  const rcode = rcodeNumber(message.rcode);
  writer.uint16(message.id);
  writer.uint16(message.flags | (message.opcode << 11) | (rcode & 0xf));
  writer.uint16(message.questions.length);
  writer.uint16(message.answers.length);
  writer.uint16(message.authority.length);
  writer.uint16(message.additional.length + (message.edns === undefined ? 0 : 1));
  for (const question of message.questions) {
    writer.compressedName(nameFromText(question.name));
    writer.uint16(typeCode(question.type) ?? 0);
    writer.uint16(question.class);
  }
  for (const record of [...message.answers, ...message.authority, ...message.additional]) {
    writeRecord(writer, nameFromText(record.name), codeOf(record), record.ttl, encodeRdata(record));
  }
  if (message.edns !== undefined) writeOpt(writer, message.edns, rcode >>> 4);
  return writer.finish();
}

export function writeRecord(writer: WireWriter, owner: string, type: number, ttl: number, rdata: Rdata): void {
  writer.compressedName(owner);
  writer.uint16(type);
  writer.uint16(CLASS_IN);
  writer.uint32(ttl);
  const lengthAt = writer.length;
  writer.uint16(0);
  for (const part of rdata) {
    if (typeof part === 'string') writer.compressedName(part);
    else writer.octets(part);
  }
  writer.patch16(lengthAt, writer.length - lengthAt - 2);
}

/** RFC 6891 section 6.1.3: the TTL of OPT is the upper half of the rcode, the version and the flags. */
export function writeOpt(writer: WireWriter, edns: Edns, extendedRcode: number): void {
  writer.octet(0);
  writer.uint16(TYPE.OPT);
  writer.uint16(edns.udpSize);
  writer.octet(extendedRcode);
  writer.octet(edns.version);
  writer.uint16(edns.dnssecOk ? 0x8000 : 0);
  writer.uint16(0);
}

interface Opt {
  readonly edns: Edns;
  readonly extendedRcode: number;
}

function readQuestion(reader: WireReader): Question {
  const name = nameToText(reader.name());
  return { name, type: typeName(reader.uint16()), class: reader.uint16() };
}

function readRecords(reader: WireReader, count: number, options: Opt[]): ResourceRecord[] {
  const records: ResourceRecord[] = [];
  for (let left = count; left > 0; left--) {
    const owner = reader.name();
    const [type, recordClass, ttl, length] = [reader.uint16(), reader.uint16(), reader.uint32(), reader.uint16()];
    const end = reader.at + length;
    if (end > reader.end) throw malformed('a record runs over the end');
    const data = new WireReader(reader.bytes, reader.at, end);
    if (type === TYPE.OPT) {
      if (owner !== ROOT) throw malformed('the OPT record does not belong to the root');
      options.push(readOpt(data, recordClass, ttl));
    } else if (recordClass === CLASS_IN) {
      // RFC 2181 section 8: a TTL with the top bit set counts as zero.
      records.push({ name: nameToText(owner), ttl: ttl > 0x7fffffff ? 0 : ttl, ...decodeRdata(type, data) });
    }
    reader.at = end;
  }
  return records;
}

/** The options are checked for their form and not kept: none is used here. */
function readOpt(data: WireReader, udpSize: number, ttl: number): Opt {
  while (data.at < data.end) {
    data.uint16();
    data.take(data.uint16());
  }
  const edns = { udpSize, version: (ttl >>> 16) & 0xff, dnssecOk: (ttl & 0x8000) !== 0 };
  return { edns, extendedRcode: ttl >>> 24 };
}
