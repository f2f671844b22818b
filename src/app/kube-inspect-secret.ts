import { createPublicKey } from 'node:crypto';
import { DomainError } from '../core/error.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { secretBytes, secrets } from '../kube/api/secret.ts';
import { parseChain } from '../pki/chain.ts';
import { readableName } from '../pki/distinguished-name.ts';
import { parsePrivateKey } from '../pki/key.ts';
import { samePublicKey } from '../pki/public-key.ts';
import { parseCertificate } from '../pki/parsed-certificate.ts';

/** What a Secret with a certificate says; nothing secret. Times are ISO 8601. */
export interface InspectedSecret {
  readonly namespace: string;
  readonly name: string;
  /** The Certificate that it belongs to, if it says so. */
  readonly certificate: string | undefined;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly uris: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly usages: readonly string[];
  readonly isCA: boolean;
  readonly key: string;
  /** Whether tls.key belongs to the certificate; undefined when there is none that can be read. */
  readonly keyFits: boolean | undefined;
  /** Subjects of what stands behind the leaf in tls.crt. */
  readonly intermediates: readonly string[];
  /** Whether ca.crt is there. */
  readonly hasCa: boolean;
}

/** @throws DomainError `kube-not-found`, `invalid-certificate` */
export async function inspectSecret(
  client: KubeClient,
  key: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<InspectedSecret> {
  const secret = await client.get(secrets, key, { signal });
  if (secret === undefined) {
    const message = `there is no Secret ${key.name} in the namespace ${key.namespace}; see: kubectl get secrets -n ${key.namespace}`;
    throw new DomainError('kube-not-found', message);
  }
  const pem = Buffer.from(secretBytes(secret, 'tls.crt') ?? []).toString('utf8');
  if (pem.trim() === '') {
    throw new DomainError(
      'invalid-certificate',
      `the Secret ${key.name} has no tls.crt: it is not one of a certificate`,
    );
  }
  const leaf = parseCertificate(pem);
  const [, ...behind] = parseChain(pem);
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = leaf.publicKey;
  return {
    ...key,
    certificate: secret.metadata.annotations?.['cert-manager.io/certificate-name'],
    subject: readableName(leaf.subject),
    issuer: readableName(leaf.issuer),
    serial: leaf.serial,
    notBefore: new Date(leaf.notBefore).toISOString(),
    notAfter: new Date(leaf.notAfter).toISOString(),
    dnsNames: leaf.dnsNames,
    ipAddresses: leaf.ipAddresses,
    uris: leaf.uris,
    emailAddresses: leaf.emailAddresses,
    usages: leaf.usages,
    isCA: leaf.isCA,
    key: [type.toUpperCase(), details?.modulusLength ?? details?.namedCurve]
      .filter((part) => part !== undefined)
      .join(' '),
    keyFits: keyFits(secretBytes(secret, 'tls.key'), leaf.publicKey),
    intermediates: behind.map(({ subject }) => subject),
    hasCa: secretBytes(secret, 'ca.crt') !== undefined,
  };
}

function keyFits(pem: Uint8Array | undefined, publicKey: ReturnType<typeof createPublicKey>): boolean | undefined {
  if (pem === undefined || pem.length === 0) return undefined;
  try {
    return samePublicKey(createPublicKey(parsePrivateKey(Buffer.from(pem).toString('utf8'))), publicKey);
  } catch {
    return undefined;
  }
}
