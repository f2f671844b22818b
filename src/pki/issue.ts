import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { keyIdentifier, signBody } from './certificate-body.ts';
import { implicit, octetString, sequence } from './der-writer.ts';
import { encodeName } from './distinguished-name.ts';
import { encodeBasicConstraints, extension, EXTENSION } from './extension.ts';
import { encodeSubjectNames } from './general-names.ts';
import { generateKey, parsePrivateKey } from './key.ts';
import type { KeyType } from './key.ts';
import { encodeExtendedKeyUsage, encodeKeyUsage, keyUsages } from './key-usage.ts';
import { parseCertificate } from './parsed-certificate.ts';
import { subjectPublicKeyInfo } from './public-key.ts';
import { subjectName } from './subject.ts';

/** Who signs: a CA certificate and its key, both PEM. The key is secret. */
export interface Authority {
  readonly certificate: string;
  readonly privateKey: string;
}

/** From and to, ms since the epoch; certificates keep whole seconds. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A self-signed root. */
export async function createRoot(o: Validity & { commonName: string; keyType?: KeyType }): Promise<Authority> {
  const privateKey = await generateKey(o.keyType ?? 'P-256');
  const key = parsePrivateKey(privateKey);
  const publicKey = subjectPublicKeyInfo(key);
  const subject = nameOf(o.commonName);
  const extensions = authorityExtensions(publicKey);
  return { certificate: await signBody({ ...o, issuer: subject, subject, publicKey, extensions }, key), privateKey };
}

/** A CA certificate under `issuer`. With `privateKey` the key of another authority is cross-signed, as for an alternate chain. */
export async function createIntermediate(
  o: Validity & { issuer: Authority; commonName: string; keyType?: KeyType; privateKey?: string },
): Promise<Authority> {
  const privateKey = o.privateKey ?? (await generateKey(o.keyType ?? 'P-256'));
  const publicKey = subjectPublicKeyInfo(parsePrivateKey(privateKey));
  const { subjectDer: issuer, subjectKeyId } = parseCertificate(o.issuer.certificate);
  const extensions = [...authorityExtensions(publicKey), ...authorityKey(subjectKeyId)];
  const body = { ...o, issuer, subject: nameOf(o.commonName), publicKey, extensions };
  return { certificate: await signBody(body, parsePrivateKey(o.issuer.privateKey)), privateKey };
}

/** A server's certificate for DNS names and IP addresses, as PEM. The subject is empty unless `commonName` is given. */
export async function issueCertificate(
  o: Validity & { issuer: Authority; publicKey: KeyObject; names: readonly string[]; commonName?: string },
): Promise<string> {
  const publicKey = subjectPublicKeyInfo(o.publicKey);
  const { subjectDer: issuer, subjectKeyId } = parseCertificate(o.issuer.certificate);
  const names = encodeSubjectNames({
    dnsNames: o.names.filter((name) => isIP(name) === 0),
    ipAddresses: o.names.filter((name) => isIP(name) !== 0),
  });
  const { bits, extended } = keyUsages(['digital signature', 'server auth'], false);
  const extensions = [
    ...extension(EXTENSION.basicConstraints, true, encodeBasicConstraints(false)),
    ...extension(EXTENSION.keyUsage, true, encodeKeyUsage(bits)),
    ...extension(EXTENSION.extendedKeyUsage, false, encodeExtendedKeyUsage(extended)),
    // With an empty subject the SAN is the identity and must be critical (RFC 5280 section 4.2.1.6).
    ...extension(EXTENSION.subjectAltName, o.commonName === undefined, names),
    ...extension(EXTENSION.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
    ...authorityKey(subjectKeyId),
  ];
  const body = { ...o, issuer, subject: nameOf(o.commonName), publicKey, extensions };
  return signBody(body, parsePrivateKey(o.issuer.privateKey));
}

function nameOf(commonName: string | undefined): Uint8Array {
  return encodeName(subjectName({}, commonName));
}

function authorityExtensions(publicKey: Uint8Array): Uint8Array[] {
  const { bits } = keyUsages(['cert sign', 'crl sign'], true);
  return [
    ...extension(EXTENSION.basicConstraints, true, encodeBasicConstraints(true)),
    ...extension(EXTENSION.keyUsage, true, encodeKeyUsage(bits)),
    ...extension(EXTENSION.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
  ];
}

/** The issuer's own subject key identifier, word for word, so that path building by identifier always works. */
function authorityKey(subjectKeyId: Uint8Array | undefined): Uint8Array[] {
  const value = subjectKeyId && sequence(implicit(0, subjectKeyId));
  return extension(EXTENSION.authorityKeyIdentifier, false, value);
}
