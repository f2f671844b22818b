import { nameFromText } from './name.ts';
import { type Fields, wrong } from './record-fields.ts';
import { type RecordData, TYPE } from './record.ts';
import { WireWriter } from './wire-writer.ts';

/** IANA "DNS Security Algorithm Numbers", by the names that RFC 4034 section A.1 lets people write. */
const ALGORITHMS = {
  RSAMD5: 1,
  DH: 2,
  DSA: 3,
  RSASHA1: 5,
  'DSA-NSEC3-SHA1': 6,
  'RSASHA1-NSEC3-SHA1': 7,
  RSASHA256: 8,
  RSASHA512: 10,
  'ECC-GOST': 12,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
};

/** RFC 4398 section 2.1. */
const CERTIFICATE_TYPES = {
  PKIX: 1,
  SPKI: 2,
  PGP: 3,
  IPKIX: 4,
  ISPKI: 5,
  IPGP: 6,
  ACPKIX: 7,
  IACPKIX: 8,
  URI: 253,
  OID: 254,
};

/** Octets of a digest by its number: RFC 6698 section 7.4, RFC 4255 section 3.1.2 with RFC 6594, RFC 4034 section 5.1.3 with RFC 4509 and RFC 6605. */
const MATCHING_DIGESTS = { 1: 32, 2: 64 };
const FINGERPRINTS = { 1: 20, 2: 32 };
const KEY_DIGESTS = { 1: 20, 2: 32, 4: 48 };

/**
 * The data of a record that is served as octets and never looked into, from its text: DANE, SSH, DNSSEC and whatever else is known here
 * by a layout of its own. undefined when the type is none of these.
 * @throws DomainError `invalid-record`
 */
export function octetData(type: string, fields: Fields): RecordData | undefined {
  const write = LAYOUTS[type];
  if (write === undefined) return undefined;
  const to = new WireWriter(64);
  write(to, fields);
  return { type: 'UNKNOWN', typeCode: TYPE[type as keyof typeof TYPE], data: to.finish() };
}

type Layout = (to: WireWriter, fields: Fields) => void;

const LAYOUTS: Readonly<Record<string, Layout | undefined>> = {
  // RFC 6698 section 2.2, RFC 8162 section 2.
  TLSA: association,
  SMIMEA: association,
  // RFC 4255 section 3.2.
  SSHFP(to, fields) {
    to.octet(fields.number('algorithm', 8));
    digest(to, fields, { kind: 'fingerprint', lengths: FINGERPRINTS });
  },
  // RFC 4034 section 5.3, RFC 7344 section 3.1.
  DS: keyDigest,
  CDS: keyDigest,
  // RFC 4034 section 2.2, RFC 7344 section 3.2.
  DNSKEY: key,
  CDNSKEY: key,
  // RFC 7929 section 2.3.
  OPENPGPKEY: (to, fields) => to.octets(fields.base64('key')),
  // RFC 4398 section 2.2.
  CERT(to, fields) {
    to.uint16(fields.code('type', 16, CERTIFICATE_TYPES));
    to.uint16(fields.number('key tag', 16));
    to.octet(fields.code('algorithm', 8, ALGORITHMS));
    to.octets(fields.base64('certificate'));
  },
  // RFC 3403 section 4.1.
  NAPTR(to, fields) {
    for (const what of ['order', 'preference']) to.uint16(fields.number(what, 16));
    for (const what of ['flags', 'services', 'regular expression']) to.characterString(fields.string(what));
    to.plainName(nameFromText(fields.name('replacement')));
  },
  // RFC 7553 section 4.5.
  URI(to, fields) {
    for (const what of ['priority', 'weight']) to.uint16(fields.number(what, 16));
    to.octets(fields.octets('target'));
  },
  // RFC 1035 section 3.3.2.
  HINFO(to, fields) {
    for (const what of ['processor', 'operating system']) to.characterString(fields.string(what));
  },
  // RFC 4408 section 3.1.1: a TXT by another number.
  SPF: (to, fields) => fields.txtStrings().forEach((string) => to.characterString(string)),
};

function association(to: WireWriter, fields: Fields): void {
  for (const what of ['usage', 'selector']) to.octet(fields.number(what, 8));
  digest(to, fields, { kind: 'matching', lengths: MATCHING_DIGESTS });
}

function keyDigest(to: WireWriter, fields: Fields): void {
  to.uint16(fields.number('key tag', 16));
  to.octet(fields.code('algorithm', 8, ALGORITHMS));
  digest(to, fields, { kind: 'digest', lengths: KEY_DIGESTS });
}

function key(to: WireWriter, fields: Fields): void {
  to.uint16(fields.number('flags', 16));
  to.octet(fields.number('protocol', 8));
  to.octet(fields.code('algorithm', 8, ALGORITHMS));
  to.octets(fields.base64('key'));
}

/** A type of digest and the digest; one that was cut off when it was copied would match nothing, and nobody would see why. */
function digest(
  to: WireWriter,
  fields: Fields,
  { kind, lengths }: { kind: string; lengths: Record<number, number> },
): void {
  const type = fields.number(`${kind} type`, 8);
  const octets = fields.hex('digest');
  const length = lengths[type] ?? octets.length;
  if (octets.length !== length)
    throw wrong(`the digest has ${octets.length} octets, and with the ${kind} type ${type} it has ${length}`);
  to.octet(type);
  to.octets(octets);
}
