import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { generateKey, parsePrivateKey } from './key.ts';
import type { KeyType } from './key.ts';
import { serialNumber } from './serial-number.ts';
import { loadX509, signingAlgorithm } from './x509.ts';
import type { X509Library } from './x509.ts';

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
  const library = await loadX509();
  const subject = [{ CN: [o.commonName] }];
  const certificate = await sign(library, {
    ...o,
    subject,
    issuer: subject,
    publicKey: createPublicKey(key),
    signer: key,
    extensions: await authorityExtensions(library, createPublicKey(key)),
  });
  return { certificate, privateKey };
}

/** A CA certificate under `issuer`. With `privateKey` the key of another authority is cross-signed, as for an alternate chain. */
export async function createIntermediate(
  o: Validity & { issuer: Authority; commonName: string; keyType?: KeyType; privateKey?: string },
): Promise<Authority> {
  const privateKey = o.privateKey ?? (await generateKey(o.keyType ?? 'P-256'));
  const publicKey = createPublicKey(parsePrivateKey(privateKey));
  const library = await loadX509();
  const certificate = await sign(library, {
    ...o,
    ...issuedBy(library, o.issuer),
    subject: [{ CN: [o.commonName] }],
    publicKey,
    extensions: [...(await authorityExtensions(library, publicKey)), authorityKey(library, o.issuer)],
  });
  return { certificate, privateKey };
}

/** A server's certificate for DNS names and IP addresses, as PEM. The subject is empty unless `commonName` is given. */
export async function issueCertificate(
  o: Validity & { issuer: Authority; publicKey: KeyObject; names: readonly string[]; commonName?: string },
): Promise<string> {
  const library = await loadX509();
  const { BasicConstraintsExtension, ExtendedKeyUsage, ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension } =
    library;
  const { SubjectAlternativeNameExtension, SubjectKeyIdentifierExtension } = library;
  const names = o.names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }));
  return sign(library, {
    ...o,
    ...issuedBy(library, o.issuer),
    subject: o.commonName === undefined ? [] : [{ CN: [o.commonName] }],
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      // With an empty subject the SAN is the identity and must be critical (RFC 5280 section 4.2.1.6).
      new SubjectAlternativeNameExtension(names, o.commonName === undefined),
      await SubjectKeyIdentifierExtension.create(spki(o.publicKey)),
      authorityKey(library, o.issuer),
    ],
  });
}

interface Unsigned extends Validity {
  readonly subject: { CN: string[] }[];
  readonly issuer: { CN: string[] }[] | InstanceType<X509Library['Name']>;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly extensions: InstanceType<X509Library['Extension']>[];
}

async function sign({ X509CertificateGenerator }: X509Library, o: Unsigned): Promise<string> {
  const algorithm = signingAlgorithm(o.signer);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: Buffer.from(serialNumber()).toString('hex'),
    subject: o.subject,
    issuer: o.issuer,
    notBefore: wholeSeconds(o.notBefore),
    notAfter: wholeSeconds(o.notAfter),
    publicKey: spki(o.publicKey),
    signingKey: o.signer.toCryptoKey(algorithm, true, ['sign']),
    signingAlgorithm: algorithm,
    extensions: o.extensions,
  });
  return `${certificate.toString('pem').trim()}\n`;
}

function issuedBy(library: X509Library, issuer: Authority): Pick<Unsigned, 'issuer' | 'signer'> {
  return {
    issuer: new library.X509Certificate(issuer.certificate).subjectName,
    signer: parsePrivateKey(issuer.privateKey),
  };
}

async function authorityExtensions(library: X509Library, publicKey: KeyObject): Promise<Unsigned['extensions']> {
  const { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, SubjectKeyIdentifierExtension } = library;
  return [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(spki(publicKey)),
  ];
}

/** The issuer's own subject key identifier, word for word, so that path building by identifier always works. */
function authorityKey(library: X509Library, issuer: Authority): Unsigned['extensions'][number] {
  const identifier = new library.X509Certificate(issuer.certificate).getExtension(
    library.SubjectKeyIdentifierExtension,
  );
  return new library.AuthorityKeyIdentifierExtension(identifier?.keyId ?? '');
}

function spki(key: KeyObject): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(key.export({ type: 'spki', format: 'der' }));
}

function wholeSeconds(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000);
}
