/** One DER element (X.690): `tag` is the identifier octet, `content` what it holds, `encoded` all of it, `end` the offset after it. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly encoded: Uint8Array;
  readonly end: number;
}

/** Reads the element at `offset`; only one-octet tags, which is all that X.509 has. @throws RangeError on anything cut or over-long */
export function readDer(bytes: Uint8Array, offset = 0): DerElement {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw new RangeError('a DER element is cut off');
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const octets = first - 0x80;
    if (octets === 0 || octets > 3) throw new RangeError('a DER length is indefinite or too large');
    length = 0;
    for (let at = 0; at < octets; at++) {
      const octet = bytes[start + at];
      if (octet === undefined) throw new RangeError('a DER length is cut off');
      length = length * 256 + octet;
    }
    start += octets;
  }
  const end = start + length;
  if (end > bytes.length) throw new RangeError('a DER element is longer than what holds it');
  return { tag, content: bytes.subarray(start, end), encoded: bytes.subarray(offset, end), end };
}

/** The elements that fill `content` one after another. @throws RangeError */
export function derChildren(content: Uint8Array): DerElement[] {
  const children: DerElement[] = [];
  for (let offset = 0; offset < content.length;) {
    const child = readDer(content, offset);
    children.push(child);
    offset = child.end;
  }
  return children;
}
