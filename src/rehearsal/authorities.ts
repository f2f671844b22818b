import { createPublicKey } from 'node:crypto';
import { isIP } from 'node:net';
import { createIntermediate, createRoot, issueCertificate } from '../pki/issue.ts';
import type { Authority } from '../pki/issue.ts';
import { generateKey, parsePrivateKey } from '../pki/key.ts';

/** Everything this CA signs with: throwaway keys that live in memory and end with it. */
export interface Authorities {
  readonly root: Authority;
  readonly intermediate: Authority;
  /** A second root, and the same intermediate key signed by it: the alternate chain. */
  readonly alternateRoot: Authority;
  readonly alternateIntermediate: Authority;
}

export interface TlsIdentity {
  readonly rootPem: string;
  readonly certificatePem: string;
  readonly privateKey: string;
}

const YEAR = 365 * 86_400_000;
const HOUR = 3_600_000;

export async function createAuthorities(now: number): Promise<Authorities> {
  const validity = { notBefore: now - HOUR, notAfter: now + 10 * YEAR };
  const root = await createRoot({ ...validity, commonName: 'evercert rehearsal root A' });
  const alternateRoot = await createRoot({ ...validity, commonName: 'evercert rehearsal root B' });
  const commonName = 'evercert rehearsal intermediate';
  const intermediate = await createIntermediate({ ...validity, issuer: root, commonName });
  const { privateKey } = intermediate;
  const alternateIntermediate = await createIntermediate({
    ...validity,
    issuer: alternateRoot,
    commonName,
    privateKey,
  });
  return { root, intermediate, alternateRoot, alternateIntermediate };
}

/** TLS is judged by the machine's own time, whatever clock the CA lives by; so this pair is valid over any of them. */
const TLS_VALIDITY = { notBefore: Date.UTC(2020, 0, 1), notAfter: Date.UTC(2049, 11, 31) };

/** What the CA's HTTPS answers with: its own root, apart from those that issue. */
export async function createTlsIdentity(address: string): Promise<TlsIdentity> {
  const root = await createRoot({ ...TLS_VALIDITY, commonName: 'evercert rehearsal HTTPS root' });
  const privateKey = await generateKey('P-256');
  const names = new Set(['localhost', '127.0.0.1', '::1']);
  if (isIP(address) !== 0) names.add(address);
  const certificatePem = await issueCertificate({
    ...TLS_VALIDITY,
    issuer: root,
    publicKey: createPublicKey(parsePrivateKey(privateKey)),
    names: [...names],
  });
  return { rootPem: root.certificate, certificatePem, privateKey };
}
