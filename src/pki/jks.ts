import { createHash, randomBytes } from 'node:crypto';
import { utf16be } from './bmp-string.ts';
import { parseChain } from './chain.ts';
import { nothing, octetString, oid, sequence } from './der-writer.ts';
import { pkcs8Der } from './encode-key.ts';

// Java's own key store format. No standard describes it; the layout is that of sun.security.provider.JavaKeyStore, and keytool reads what is made
// here in a test. Its protection is weak by design.

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const PRIVATE_KEY_ENTRY = 1;
const TRUSTED_CERTIFICATE_ENTRY = 2;
const KEY_PROTECTOR = '1.3.6.1.4.1.42.2.17.1.1';
/** What the format puts between password and content before it hashes them. */
const WHITENER = 'Mighty Aphrodite';
const CA_ALIAS = 'ca';

/**
 * keystore.jks: the key with its chain (PEM, leaf first) under `alias`, and the CA as a trusted certificate under "ca".
 * `now` is ms since the epoch: an entry has a date.
 * @throws DomainError `invalid-key`, `invalid-certificate`
 */
export function createJksKeyStore(o: {
  privateKey: string;
  chain: string;
  ca?: string | undefined;
  password: string;
  alias: string;
  now: number;
}): Uint8Array {
  const chain = parseChain(o.chain).map(({ der }) => der);
  const entries = [keyEntry(o, chain), ...(o.ca === undefined ? [] : [caEntry(o.ca, o.now)])];
  return store(entries, o.password);
}

/** truststore.jks: the CA alone, under "ca". @throws DomainError `invalid-certificate` */
export function createJksTrustStore(o: { ca: string; password: string; now: number }): Uint8Array {
  return store([caEntry(o.ca, o.now)], o.password);
}

function store(entries: readonly Uint8Array[], password: string): Uint8Array {
  const content = Buffer.concat([uint32(MAGIC), uint32(VERSION), uint32(entries.length), ...entries]);
  const digest = createHash('sha1').update(utf16be(password)).update(WHITENER).update(content).digest();
  return Buffer.concat([content, digest]);
}

function keyEntry(
  o: { privateKey: string; password: string; alias: string; now: number },
  chain: readonly Uint8Array[],
): Uint8Array {
  const key = protect(pkcs8Der(o.privateKey), o.password);
  return Buffer.concat([
    ...head(PRIVATE_KEY_ENTRY, o.alias, o.now),
    uint32(key.length),
    key,
    uint32(chain.length),
    ...chain.flatMap(certificate),
  ]);
}

function caEntry(ca: string, now: number): Uint8Array {
  const certificates = parseChain(ca).slice(0, 1);
  return Buffer.concat([
    ...head(TRUSTED_CERTIFICATE_ENTRY, CA_ALIAS, now),
    ...certificates.flatMap(({ der }) => certificate(der)),
  ]);
}

/** Aliases are lower case in this format: Java looks for them so. */
function head(tag: number, alias: string, now: number): Uint8Array[] {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.floor(now)));
  return [uint32(tag), text(alias.toLowerCase()), time];
}

function certificate(der: Uint8Array): Uint8Array[] {
  return [text('X.509'), uint32(der.length), der];
}

/** An EncryptedPrivateKeyInfo (RFC 5958): the key with a stream of hashes over it, in front of it the salt, behind it a hash. */
function protect(key: Uint8Array, password: string): Uint8Array {
  const secret = utf16be(password);
  const salt = randomBytes(20);
  const encrypted = Buffer.from(key);
  let pad: Uint8Array = salt;
  for (let at = 0; at < encrypted.length; at++) {
    if (at % 20 === 0) pad = createHash('sha1').update(secret).update(pad).digest();
    encrypted[at] = (encrypted[at] ?? 0) ^ (pad[at % 20] ?? 0);
  }
  const check = createHash('sha1').update(secret).update(key).digest();
  return sequence(sequence(oid(KEY_PROTECTOR), nothing()), octetString(Buffer.concat([salt, encrypted, check])));
}

function uint32(value: number): Uint8Array {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

/** Java's modified UTF-8 (DataOutput.writeUTF): a length of two octets; every UTF-16 unit by itself, and zero in two octets. */
function text(value: string): Uint8Array {
  const octets = Array.from({ length: value.length }, (_, at) => value.charCodeAt(at)).flatMap((unit) => {
    if (unit > 0 && unit < 0x80) return [unit];
    if (unit < 0x800) return [0xc0 | (unit >> 6), 0x80 | (unit & 0x3f)];
    return [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)];
  });
  return Uint8Array.of(octets.length >> 8, octets.length & 0xff, ...octets);
}
