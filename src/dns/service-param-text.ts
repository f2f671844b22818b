import { DomainError } from '../core/error.ts';
import { addressOctets } from './address.ts';
import type { ServiceParam } from './record.ts';
import type { Word } from './record-words.ts';

/** RFC 9460 section 14.3.2, in the order of their numbers. */
const KEYS = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint'];

/**
 * The parameters of a SVCB or HTTPS record from their text, `key=value` (RFC 9460 section 2.1), in rising order of their keys.
 * @throws DomainError `invalid-record`
 */
export function parseServiceParams(texts: readonly Word[]): ServiceParam[] {
  const params = texts.map(parseParam).toSorted((one, other) => one.key - other.key);
  const twice = params.find((param, at) => param.key === params[at + 1]?.key);
  if (twice !== undefined) throw wrong(`the parameter ${KEYS[twice.key] ?? `key${twice.key}`} stands there twice`);
  return params;
}

function parseParam(word: Word): ServiceParam {
  const equals = word.raw.indexOf('=');
  const name = (equals < 0 ? word.raw : word.raw.slice(0, equals)).toLowerCase();
  const octets = equals < 0 ? new Uint8Array(0) : word.octets.subarray(equals + 1);
  const key = keyNumber(name);
  if (key === undefined) throw wrong(`"${name}" is not a parameter that is known; write it as key and its number`);
  return { key, value: encodeValue(name, key, octets) };
}

function keyNumber(name: string): number | undefined {
  const known = KEYS.indexOf(name);
  if (known >= 0) return known;
  const number = /^key(0|[1-9]\d{0,4})$/.exec(name)?.[1];
  return number === undefined || Number(number) > 65534 ? undefined : Number(number);
}

function encodeValue(name: string, key: number, octets: Uint8Array): Uint8Array {
  const text = Buffer.from(octets).toString('latin1');
  const list = listItems(text);
  switch (name) {
    case 'mandatory': {
      const keys = list.map((item) => keyNumber(item.toLowerCase()));
      if (keys.some((item) => item === undefined || item === 0))
        throw wrong('mandatory lists something that is no other parameter');
      return Uint8Array.from(
        keys.toSorted((one, other) => (one ?? 0) - (other ?? 0)).flatMap((item = 0) => [item >>> 8, item & 0xff]),
      );
    }
    case 'alpn':
      if (list.length === 0 || list.some((item) => item === '' || item.length > 255))
        throw wrong('alpn needs protocol names such as h2,h3');
      return Buffer.concat(list.flatMap((item) => [Uint8Array.of(item.length), Buffer.from(item, 'latin1')]));
    case 'no-default-alpn':
      if (octets.length > 0) throw wrong('no-default-alpn has no value');
      return octets;
    case 'port':
      if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw wrong(`"${text}" is not a port`);
      return Uint8Array.of(Number(text) >>> 8, Number(text));
    case 'ipv4hint':
    case 'ipv6hint':
      return Buffer.concat(list.map((item) => hint(item, key === 4 ? 4 : 16)));
    case 'ech':
      return Buffer.from(text, 'base64');
    default:
      return octets;
  }
}

/** RFC 9460 appendix A.1: items parted by commas, with `\,` and `\\` standing for themselves. */
function listItems(text: string): string[] {
  if (text === '') return [];
  return (text.match(/(?:\\[\s\S]|[^,\\])+|(?<=,|^)(?=,|$)/g) ?? []).map((item) => item.replace(/\\([\s\S])/g, '$1'));
}

function hint(text: string, size: 4 | 16): Uint8Array {
  const octets = addressOctets(text);
  if (octets?.length !== size) throw wrong(`"${text}" is not an IPv${size === 4 ? 4 : 6} address`);
  return octets;
}

function wrong(what: string): DomainError {
  return new DomainError('invalid-record', what);
}
