/** A TXT record's data is made of strings of at most 255 octets, each after its length (RFC 1035 section 3.3.14). */
const LONGEST_STRING = 255;

/** The octets of the RDATA of each value, each after its length in two octets; values in UTF-8, the long ones in several strings. */
export function encodeValues(values: readonly string[]): Uint8Array {
  const lengths = values.map((value) => Buffer.byteLength(value));
  const rdataLengths = lengths.map((length) => length + Math.max(1, Math.ceil(length / LONGEST_STRING)));
  const out = Buffer.allocUnsafe(rdataLengths.reduce((sum, length) => sum + 2 + length, 0));
  let at = 0;
  for (const [index, value] of values.entries()) {
    at = out.writeUInt16BE(rdataLengths[index] ?? 0, at);
    at = writeStrings(out, at, value, lengths[index] ?? 0);
  }
  return out;
}

/** The value in the RDATA of a TXT record: its strings joined. */
export function decodeValue(rdata: Uint8Array): string {
  const strings: Uint8Array[] = [];
  for (let at = 0; at < rdata.length; at += 1 + (rdata[at] ?? 0))
    strings.push(rdata.subarray(at + 1, at + 1 + (rdata[at] ?? 0)));
  return Buffer.concat(strings).toString('utf8');
}

function writeStrings(out: Buffer, start: number, value: string, length: number): number {
  if (length <= LONGEST_STRING) {
    out[start] = length;
    return start + 1 + out.write(value, start + 1);
  }
  const octets = Buffer.from(value);
  let at = start;
  for (let from = 0; from < length; from += LONGEST_STRING) {
    const string = octets.subarray(from, from + LONGEST_STRING);
    out[at] = string.length;
    out.set(string, at + 1);
    at += 1 + string.length;
  }
  return at;
}
