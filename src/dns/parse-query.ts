import { DomainError } from '../core/error.ts';
import { type Edns, FLAG, HEADER_LENGTH } from './message.ts';
import { ROOT, type WireName } from './name.ts';
import { TYPE } from './record.ts';
import { malformed, WireReader } from './wire-reader.ts';

/** A query as far as it could be read. */
export interface ParsedQuery {
  readonly id: number;
  readonly opcode: number;
  readonly flags: number;
  readonly question: { readonly name: WireName; readonly type: number; readonly class: number } | undefined;
  readonly edns: Edns | undefined;
  /** To be answered with FORMERR. */
  readonly malformed: boolean;
}

/** Reads a query of at least a header's length; never throws. For other opcodes than QUERY only the question is read, if there is one. */
export function parseQuery(bytes: Uint8Array): ParsedQuery {
  const reader = new WireReader(bytes);
  const [id, bits] = [reader.uint16(), reader.uint16()];
  const counts = [reader.uint16(), reader.uint16(), reader.uint16(), reader.uint16()];
  const opcode = (bits >>> 11) & 0xf;
  const head = { id, opcode, flags: bits & (FLAG.RD | FLAG.CD) };
  let question: ParsedQuery['question'];
  let edns: Edns | undefined;
  try {
    // RFC 9619: one question, no more and no less. A query has nothing to say in the other sections but OPT, TSIG, and the SOA of IXFR.
    const [questions = 0, answers = 0, authority = 0, additional = 0] = counts;
    if (questions === 1) question = readQuestion(reader);
    if (opcode !== 0) return { ...head, question, edns, malformed: false };
    if (questions !== 1 || answers > 0 || authority > 1 || additional > 2)
      throw malformed('a section has too many records');
    for (let left = authority; left > 0; left--)
      if (readRecord(reader) !== undefined) throw malformed('an OPT record is out of place');
    for (let left = additional; left > 0; left--) {
      const found = readRecord(reader);
      if (found !== undefined && edns !== undefined) throw malformed('it has two OPT records');
      edns ??= found;
    }
    if (reader.at !== reader.end) throw malformed('octets are left over at the end');
    return { ...head, question, edns, malformed: false };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { ...head, question, edns, malformed: true };
  }
}

function readQuestion(reader: WireReader): NonNullable<ParsedQuery['question']> {
  const name = reader.name();
  if (reader.at - HEADER_LENGTH !== name.length) throw malformed('the name in the question is compressed');
  return { name, type: reader.uint16(), class: reader.uint16() };
}

/** Skips one record; when it is an OPT, what it says. Its options are checked for their form, and none is used. */
function readRecord(reader: WireReader): Edns | undefined {
  const owner = reader.name();
  const [type, udpSize, ttl, length] = [reader.uint16(), reader.uint16(), reader.uint32(), reader.uint16()];
  const end = reader.at + length;
  if (end > reader.end) throw malformed('a record runs over the end');
  if (type !== TYPE.OPT) {
    reader.at = end;
    return undefined;
  }
  if (owner !== ROOT) throw malformed('the OPT record does not belong to the root');
  while (reader.at < end) {
    reader.uint16();
    reader.take(reader.uint16());
  }
  if (reader.at !== end) throw malformed('an option runs over the end of its record');
  return { udpSize, version: (ttl >>> 16) & 0xff, dnssecOk: (ttl & 0x8000) !== 0 };
}
