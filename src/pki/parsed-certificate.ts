import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DomainError, messageOf } from '../core/error.ts';
import { derChildren, readDer } from './der.ts';
import type { DerElement } from './der.ts';
import { commonNameOf, readName } from './distinguished-name.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import { EXTENSION, interpretExtensions, readExtensions } from './extension.ts';
import type { RequestedExtensions } from './extension.ts';
import { usageNames } from './key-usage.ts';
import type { CertificateUsage } from './key-usage.ts';
import { rememberingLast } from './last-read.ts';
import { firstPemBlock } from './pem.ts';

/** Everything the policies compare. Where `Certificate` (certificate.ts) is for chains, this is for what a certificate says. */
export interface ParsedCertificate extends RequestedExtensions {
  readonly der: Uint8Array;
  readonly subject: DistinguishedName;
  readonly subjectDer: Uint8Array;
  readonly issuer: DistinguishedName;
  readonly commonName: string;
  readonly usages: readonly CertificateUsage[];
  readonly isCA: boolean;
  readonly subjectKeyId: Uint8Array | undefined;
  /** Lower-case hex without colons. */
  readonly serial: string;
  /** ms since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: KeyObject;
}

const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const UTC_TIME = 0x17;

/** The first certificate of the PEM; on its way into a Secret it is looked at several times. @throws DomainError `invalid-certificate` */
export const parseCertificate: (pem: string) => ParsedCertificate = rememberingLast((pem) => {
  const der = firstPemBlock(pem, 'CERTIFICATE');
  if (der === undefined) {
    throw new DomainError(
      'invalid-certificate',
      'the certificate cannot be read: there is no "-----BEGIN CERTIFICATE-----" with base64 in it',
    );
  }
  try {
    return read(der);
  } catch (error) {
    throw new DomainError('invalid-certificate', `the certificate cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
});

function read(der: Uint8Array): ParsedCertificate {
  const structure = readDer(der);
  if (structure.end !== der.length) throw new RangeError('there are bytes after it');
  const fields = derChildren(readDer(structure.content).content);
  const [serial, , issuer, validity, subject, key] = fields[0]?.tag === VERSION ? fields.slice(1) : fields;
  if (!serial || !issuer || !validity || !subject || !key) throw new RangeError('a part is missing');
  const [notBefore, notAfter] = derChildren(validity.content);
  if (!notBefore || !notAfter) throw new RangeError('its validity is missing');
  const wrapper = fields.find(({ tag }) => tag === EXTENSIONS);
  const extensions = wrapper ? readExtensions(readDer(wrapper.content)) : [];
  const interpreted = interpretExtensions(extensions);
  const keyId = extensions.find((found) => found.oid === EXTENSION.subjectKeyIdentifier);
  const name = readName(subject);
  return {
    ...interpreted,
    der,
    subject: name,
    subjectDer: subject.encoded,
    issuer: readName(issuer),
    commonName: commonNameOf(name),
    usages: interpreted.keyUsages ? usageNames(interpreted.keyUsages) : [],
    isCA: interpreted.isCA === true,
    subjectKeyId: keyId && readDer(keyId.value).content,
    serial: Buffer.from(serial.content)
      .toString('hex')
      .replace(/^(00)+(?=.)/, ''),
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    publicKey: createPublicKey({ key: Buffer.from(key.encoded), format: 'der', type: 'spki' }),
  };
}

/** RFC 5280 section 4.1.2.5: in UTCTime a year below 50 is in this century. */
function readTime({ tag, content }: DerElement): number {
  const text = Buffer.from(content).toString('latin1');
  const full = tag === UTC_TIME ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  if (parts === null) throw new RangeError('a time in it cannot be read');
  const [year = 0, month = 0, ...rest] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}
