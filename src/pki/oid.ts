const DOTTED = /^[0-2](\.(0|[1-9]\d*))+$/;
/** Longer ones are no identifier of anything. */
const LONGEST = 256;

/** Whether a text is an object identifier in dots that DER can hold. */
export function isOid(text: string): boolean {
  if (text.length > LONGEST || !DOTTED.test(text)) return false;
  const [first = 0, second = 0] = text.split('.').map(Number);
  return first === 2 || second < 40;
}

/** The content octets of an OBJECT IDENTIFIER (X.690 section 8.19). @throws RangeError */
export function oidContent(dotted: string): Uint8Array {
  if (!isOid(dotted)) throw new RangeError(`"${dotted.slice(0, 80)}" is no object identifier`);
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  return Uint8Array.from([first * 40n + second, ...rest].flatMap(base128));
}

function base128(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}

/** The identifier in dots. @throws RangeError when the octets are none */
export function dottedOid(content: Uint8Array): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const [index, octet] of content.entries()) {
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0n;
    } else if (index === content.length - 1) throw new RangeError('an object identifier is cut off');
  }
  const [head, ...rest] = arcs;
  if (head === undefined || content.length > LONGEST) throw new RangeError('an object identifier is empty or too long');
  const first = head < 40n ? 0n : head < 80n ? 1n : 2n;
  return [first, head - first * 40n, ...rest].join('.');
}
