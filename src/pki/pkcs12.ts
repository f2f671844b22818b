import { createHash } from 'node:crypto';
import { utf16be } from './bmp-string.ts';
import { parseChain } from './chain.ts';
import { der, explicit, implicit, integer, octetString, oid, sequence, setOf } from './der-writer.ts';
import { readableName } from './distinguished-name.ts';
import { pkcs8Der } from './encode-key.ts';
import { parseCertificate } from './parsed-certificate.ts';
import { encryptWithPassword } from './pkcs12-encryption.ts';
import { macData } from './pkcs12-mac.ts';
import { PKCS12_ALGORITHMS } from './pkcs12-profile.ts';
import type { Pkcs12Algorithms, Pkcs12Profile } from './pkcs12-profile.ts';

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';
const BMP_STRING = 0x1e;
/** Java's mark for a certificate to trust, and for what: anything. */
const TRUSTED_KEY_USAGE = '2.16.840.1.113894.746875.1.1';
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0';

/**
 * keystore.p12 (RFC 7292): the key with its chain (PEM, leaf first) and, where there is one, the CA. Key derivation runs on another thread
 * for the modern profiles.
 * @throws DomainError `invalid-key`, `invalid-certificate`
 */
export async function createPkcs12KeyStore(o: {
  privateKey: string;
  chain: string;
  ca?: string | undefined;
  password: string;
  profile: Pkcs12Profile;
}): Promise<Uint8Array> {
  const algorithms = PKCS12_ALGORITHMS[o.profile];
  const certificates = [...parseChain(o.chain), ...(o.ca === undefined ? [] : parseChain(o.ca))];
  // A self-signed certificate is its own CA, and is there once.
  const [leaf = new Uint8Array(), ...others] = new Map(
    certificates.map(({ pem, der: bytes }) => [pem, bytes]),
  ).values();
  const keyId = attribute(LOCAL_KEY_ID, octetString(createHash('sha1').update(leaf).digest()));
  const bags = [certificateBag(leaf, [keyId]), ...others.map((certificate) => certificateBag(certificate, []))];
  const key = await encryptWithPassword(algorithms.key, o.password, pkcs8Der(o.privateKey), algorithms);
  const shrouded = sequence(key.algorithm, octetString(key.content));
  const keyBag = sequence(oid(SHROUDED_KEY_BAG), explicit(0, shrouded), setOf(keyId));
  return file(o.password, algorithms, [
    await encryptedContents(o.password, algorithms, bags),
    sequence(oid(DATA), explicit(0, octetString(sequence(keyBag)))),
  ]);
}

/** truststore.p12: the CA alone, marked so that Java trusts it, under its subject as name. @throws DomainError `invalid-certificate` */
export async function createPkcs12TrustStore(o: {
  ca: string;
  password: string;
  profile: Pkcs12Profile;
}): Promise<Uint8Array> {
  const { der: certificate, subject } = parseCertificate(o.ca);
  const bag = certificateBag(certificate, [
    attribute(TRUSTED_KEY_USAGE, oid(ANY_EXTENDED_KEY_USAGE)),
    attribute(FRIENDLY_NAME, der(BMP_STRING, utf16be(readableName(subject)))),
  ]);
  const algorithms = PKCS12_ALGORITHMS[o.profile];
  return file(o.password, algorithms, [await encryptedContents(o.password, algorithms, [bag])]);
}

function certificateBag(certificate: Uint8Array, attributes: readonly Uint8Array[]): Uint8Array {
  const value = sequence(oid(X509_CERTIFICATE), explicit(0, octetString(certificate)));
  return sequence(oid(CERTIFICATE_BAG), explicit(0, value), ...(attributes.length > 0 ? [setOf(...attributes)] : []));
}

function attribute(type: string, value: Uint8Array): Uint8Array {
  return sequence(oid(type), setOf(value));
}

/** A ContentInfo of bags, encrypted. */
async function encryptedContents(
  password: string,
  algorithms: Pkcs12Algorithms,
  bags: readonly Uint8Array[],
): Promise<Uint8Array> {
  const { algorithm, content } = await encryptWithPassword(
    algorithms.certificates,
    password,
    sequence(...bags),
    algorithms,
  );
  const info = sequence(oid(DATA), algorithm, implicit(0, content));
  return sequence(oid(ENCRYPTED_DATA), explicit(0, sequence(integer(0), info)));
}

async function file(
  password: string,
  algorithms: Pkcs12Algorithms,
  contents: readonly Uint8Array[],
): Promise<Uint8Array> {
  const safe = sequence(...contents);
  const mac = await macData(algorithms, password, safe);
  return sequence(integer(3), sequence(oid(DATA), explicit(0, octetString(safe))), mac);
}
