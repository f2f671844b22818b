import { createPublicKey } from 'node:crypto';
import { DomainError } from '../../core/error.ts';
import { createRoot, issueCertificate } from '../../pki/issue.ts';
import type { Authority } from '../../pki/issue.ts';
import { generateKey } from '../../pki/key.ts';
import { parseCertificate } from '../../pki/parsed-certificate.ts';
import type { KubeClient } from '../api/client.ts';
import { isKubeError } from '../api/kube-error.ts';
import { secretBytes, secretData, secrets } from '../api/secret.ts';
import type { Secret } from '../api/secret.ts';

const SECRET = 'evercert-webhook-ca';
const DAY = 86_400_000;
const AUTHORITY_LIFETIME = 365 * DAY;
const SERVER_LIFETIME = 90 * DAY;
/** Clocks of nodes differ a little. */
const BACKDATE = 300_000;

/** The CA of our own webhook, shared by all instances through one Secret. */
export interface WebhookAuthority {
  readonly authority: Authority;
  /** PEM: it, and the one before it while its certificates may still be in use. */
  readonly trust: string;
}

export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  readonly notAfter: number;
}

/**
 * The CA in the Secret; made where there is none, and replaced when a third of its life is left. When another instance was faster, its CA is taken.
 * @throws DomainError `invalid-certificate` for a Secret that was tampered with; deleting it makes a new one
 */
export async function readWebhookAuthority(
  client: Pick<KubeClient, 'get' | 'create' | 'update'>,
  namespace: string,
  now: number,
  signal: AbortSignal,
): Promise<WebhookAuthority> {
  const key = { namespace, name: SECRET };
  const secret = await client.get(secrets, key, { signal });
  const current = secret && parse(secret);
  if (secret !== undefined && current !== undefined && isFresh(current.authority.certificate, now)) return current;
  const made = await newAuthority(now, current);
  const data = secretData({
    'tls.crt': made.authority.certificate,
    'tls.key': made.authority.privateKey,
    'ca.crt': made.trust,
  });
  try {
    if (secret === undefined)
      await client.create(secrets, { metadata: key, type: 'kubernetes.io/tls', data }, { signal });
    else await client.update(secrets, { ...secret, data }, { signal });
    return made;
  } catch (error) {
    if (!isKubeError(error, 'kube-exists', 'kube-conflict')) throw error;
    const other = await client.get(secrets, key, { signal });
    if (other === undefined) throw error;
    return parse(other);
  }
}

/** For `names`, from `authority`, in memory only: each instance has its own. */
export async function newServerCertificate(
  { authority }: WebhookAuthority,
  names: readonly string[],
  now: number,
): Promise<ServerCertificate> {
  const key = await generateKey('P-256');
  const notAfter = Math.min(now + SERVER_LIFETIME, parseCertificate(authority.certificate).notAfter);
  const publicKey = createPublicKey(key);
  const cert = await issueCertificate({ issuer: authority, publicKey, names, notBefore: now - BACKDATE, notAfter });
  return { cert, key, notAfter };
}

/** Whether more than a third of its life is left. */
export function isFresh(certificate: string, now: number): boolean {
  const { notBefore, notAfter } = parseCertificate(certificate);
  return notAfter - now > (notAfter - notBefore) / 3;
}

async function newAuthority(now: number, before: WebhookAuthority | undefined): Promise<WebhookAuthority> {
  const commonName = 'evercert webhook';
  const authority = await createRoot({ commonName, notBefore: now - BACKDATE, notAfter: now + AUTHORITY_LIFETIME });
  return { authority, trust: authority.certificate + (before?.authority.certificate ?? '') };
}

function parse(secret: Secret): WebhookAuthority {
  const [certificate, privateKey, trust] = ['tls.crt', 'tls.key', 'ca.crt'].map((name) => {
    const bytes = secretBytes(secret, name);
    if (bytes !== undefined) return Buffer.from(bytes).toString('utf8');
    throw new DomainError(
      'invalid-certificate',
      `the Secret ${secret.metadata.namespace}/${SECRET} has no ${name}; delete it, and a new one is made`,
    );
  }) as [string, string, string];
  return { authority: { certificate, privateKey }, trust };
}
