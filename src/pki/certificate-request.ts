import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DomainError, messageOf } from '../core/error.ts';
import { derChildren, readDer } from './der.ts';
import type { DerElement } from './der.ts';
import { explicit, integer, oid, sequence, setOf } from './der-writer.ts';
import { commonNameOf, encodeName, readName } from './distinguished-name.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import { encodeBasicConstraints, extension, EXTENSION, interpretExtensions, readExtensions } from './extension.ts';
import type { Extension, RequestedExtensions } from './extension.ts';
import { encodeSubjectNames } from './general-names.ts';
import type { WantedNames } from './general-names.ts';
import { encodeExtendedKeyUsage, encodeKeyUsage, keyUsages, usageNames } from './key-usage.ts';
import type { CertificateUsage } from './key-usage.ts';
import { parseLiteralSubject } from './literal-subject.ts';
import { encodeNameConstraints } from './name-constraints.ts';
import type { NameConstraints } from './name-constraints.ts';
import { dottedOid } from './oid.ts';
import { rememberingLast } from './last-read.ts';
import { firstPemBlock, toPem } from './pem.ts';
import { subjectPublicKeyInfo } from './public-key.ts';
import { isSignedBy, readSignature, requestSignature, signedStructure } from './signature.ts';
import type { SignatureAlgorithm } from './signature.ts';
import { subjectName } from './subject.ts';
import type { SubjectFields } from './subject.ts';

/** Everything a Certificate's spec says about the CSR that is made for it. */
export interface RequestContent extends WantedNames {
  readonly privateKey: KeyObject;
  readonly subject?: SubjectFields | undefined;
  /** RFC 4514; takes the place of `subject` and `commonName`. */
  readonly literalSubject?: string | undefined;
  readonly commonName?: string | undefined;
  /** DEFAULT_USAGES when absent or empty. */
  readonly usages?: readonly string[] | undefined;
  /** `spec.encodeUsagesInRequest`: false leaves the usage extensions out. */
  readonly encodeUsages?: boolean | undefined;
  readonly isCA?: boolean | undefined;
  /** Whether basicConstraints is written; cert-manager does so only with a feature gate. */
  readonly encodeBasicConstraints?: boolean | undefined;
  readonly nameConstraints?: NameConstraints | undefined;
  /** When absent: by the key, as cert-manager does. */
  readonly signatureAlgorithm?: SignatureAlgorithm | undefined;
}

/** The same without the key, as it is compared. */
export type WantedContent = Omit<RequestContent, 'privateKey'>;

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const ATTRIBUTES = 0xa0;

/**
 * The PKCS#10 request (RFC 2986) for it, as DER; `requestPem` makes PEM of it. Signing runs on another thread.
 * @throws DomainError `invalid-subject`, `invalid-name`, `invalid-usage`, `invalid-key` when the content cannot be encoded;
 * `invalid-request` when it names nothing at all
 */
export async function createCertificateRequest(content: RequestContent): Promise<Uint8Array> {
  const subject = wantedSubject(content);
  const names = encodeSubjectNames(content);
  if (subject.length === 0 && names === undefined) {
    throw new DomainError(
      'invalid-request',
      'the certificate would be for nothing: it needs a common name, a literal subject or at least one alternative name',
    );
  }
  const { bits, extended } = keyUsages(content.usages, content.isCA === true);
  const usages = content.encodeUsages !== false;
  const constraints = content.nameConstraints && encodeNameConstraints(content.nameConstraints);
  const extensions = [
    // With an empty subject the SAN is the identity and must be critical (RFC 5280 section 4.2.1.6).
    ...extension(EXTENSION.subjectAltName, subject.length === 0, names),
    ...(usages && bits.length > 0 ? extension(EXTENSION.keyUsage, true, encodeKeyUsage(bits)) : []),
    ...(usages && extended.length > 0
      ? extension(EXTENSION.extendedKeyUsage, false, encodeExtendedKeyUsage(extended))
      : []),
    ...(content.encodeBasicConstraints === true
      ? extension(EXTENSION.basicConstraints, true, encodeBasicConstraints(content.isCA === true))
      : []),
    ...extension(EXTENSION.nameConstraints, content.nameConstraints?.critical === true, constraints),
  ];
  const attributes = extensions.length > 0 ? [sequence(oid(EXTENSION_REQUEST), setOf(sequence(...extensions)))] : [];
  const information = sequence(
    integer(0),
    encodeName(subject),
    subjectPublicKeyInfo(content.privateKey),
    explicit(0, ...attributes),
  );
  const how = content.signatureAlgorithm ?? requestSignature(content.privateKey);
  return signedStructure(() => information, content.privateKey, how);
}

/** The subject that is asked for. @throws DomainError `invalid-subject` */
export function wantedSubject(content: WantedContent): DistinguishedName {
  if (content.literalSubject !== undefined && content.literalSubject !== '') {
    return parseLiteralSubject(content.literalSubject);
  }
  return subjectName(content.subject ?? {}, content.commonName);
}

/** "CERTIFICATE REQUEST" with LF line ends and a final newline. */
export function requestPem(der: Uint8Array): string {
  return toPem('CERTIFICATE REQUEST', der);
}

export interface ParsedRequest extends RequestedExtensions {
  readonly der: Uint8Array;
  readonly subject: DistinguishedName;
  /** The subject's DER, which goes into the certificate unchanged. */
  readonly subjectDer: Uint8Array;
  /** The SubjectAltName's value, which goes into the certificate unchanged. */
  readonly subjectAltName: Uint8Array | undefined;
  readonly commonName: string;
  /** `keyUsages` in the words of the API. */
  readonly usages: readonly CertificateUsage[] | undefined;
  readonly publicKey: KeyObject;
  /** Whether it is signed by the key that it asks a certificate for. */
  readonly verified: boolean;
}

/** A request is looked at by who makes it, approves it, signs it and takes what it came to. */
const readPem = rememberingLast((pem) => {
  const der = firstPemBlock(pem, 'CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST');
  if (der === undefined) {
    throw new DomainError(
      'invalid-csr',
      'the certificate request cannot be read: there is no "-----BEGIN CERTIFICATE REQUEST-----" with base64 in it',
    );
  }
  return readFully(der);
});

/** @throws DomainError `invalid-csr` */
export function parseCertificateRequest(encoded: string | Uint8Array): ParsedRequest {
  return typeof encoded === 'string' ? readPem(encoded) : readFully(encoded);
}

function readFully(der: Uint8Array): ParsedRequest {
  try {
    return read(der);
  } catch (error) {
    throw new DomainError('invalid-csr', `the certificate request cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function read(der: Uint8Array): ParsedRequest {
  const structure = readDer(der);
  if (structure.end !== der.length) throw new RangeError('there are bytes after it');
  const [, subject, key, ...rest] = derChildren(readDer(structure.content).content);
  if (subject === undefined || key === undefined) throw new RangeError('a part is missing');
  const requested = requestedExtensions(rest.find(({ tag }) => tag === ATTRIBUTES));
  const name = readName(subject);
  const interpreted = interpretExtensions(requested);
  const publicKey = createPublicKey({ key: Buffer.from(key.encoded), format: 'der', type: 'spki' });
  const signature = readSignature(structure);
  let verified: boolean | undefined;
  return {
    ...interpreted,
    der,
    subject: name,
    subjectDer: subject.encoded,
    subjectAltName: requested.find((found) => found.oid === EXTENSION.subjectAltName)?.value,
    commonName: commonNameOf(name),
    usages: interpreted.keyUsages && usageNames(interpreted.keyUsages),
    publicKey,
    // Only who signs has to know: a signature is dear to verify.
    get verified() {
      verified ??= isSignedBy(signature, publicKey);
      return verified;
    },
  };
}

function requestedExtensions(attributes: DerElement | undefined): Extension[] {
  if (attributes === undefined) return [];
  return derChildren(attributes.content).flatMap(({ content }) => {
    const [type, values] = derChildren(content);
    if (type === undefined || values === undefined) throw new RangeError('an attribute has no value');
    return dottedOid(type.content) === EXTENSION_REQUEST ? readExtensions(readDer(values.content)) : [];
  });
}
