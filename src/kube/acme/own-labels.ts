import { createHmac, randomBytes } from 'node:crypto';
import type { DomainName } from '../../core/domain-name.ts';
import { DomainError } from '../../core/error.ts';
import type { KubeClient } from '../api/client.ts';
import { isKubeError } from '../api/kube-error.ts';
import { secretBytes, secretData, secrets } from '../api/secret.ts';
import type { AnswerScope } from './answers.ts';

/** The Secret that labels come from. Whoever loses it has to change every CNAME. */
export const LABEL_SECRET = 'evercert-challenge-labels';
const KEY = 'key';
const KEY_LENGTH = 32;

/** The label below the challenge zone that answers for a domain. */
export type LabelOf = (domain: DomainName, scope: AnswerScope, signal: AbortSignal) => Promise<string>;

/**
 * Labels that look random and stay the same for ever, since the CNAME is added once: HMAC-SHA-256 of the domain with a key that is made once for
 * the installation. So nothing has to be stored for a domain, and nobody can guess the label of another's. The namespace of an Issuer goes in as
 * well: a tenant who asks for the domain of another gets another label, which that domain's CNAME does not lead to.
 */
export function createOwnLabels(client: KubeClient, namespace: string): LabelOf {
  let reading: Promise<Uint8Array> | undefined;
  return async (domain, scope, signal) => {
    reading ??= labelKey(client, namespace, signal);
    const key = await reading.catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return labelFrom(key, domain, scope);
  };
}

/** In the form of a UUID (version 8, RFC 9562 section 5.8), as the labels of acme-dns are. */
export function labelFrom(key: Uint8Array, domain: DomainName, scope: AnswerScope): string {
  const owner = scope.kind === 'ClusterIssuer' ? '' : scope.namespace;
  const bytes = createHmac('sha256', key).update(`${owner}\0${domain}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** What labels come from, when it has been made. @throws KubeError, DomainError `label-key-invalid` */
export async function readLabelKey(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const found = await client.get(secrets, { namespace, name: LABEL_SECRET }, { signal });
  return found && readKey(secretBytes(found, KEY), namespace);
}

async function labelKey(client: KubeClient, namespace: string, signal: AbortSignal): Promise<Uint8Array> {
  const name = LABEL_SECRET;
  const found = await readLabelKey(client, namespace, signal);
  if (found !== undefined) return found;
  const made = randomBytes(KEY_LENGTH);
  try {
    const metadata = { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'evercert' } };
    await client.create(secrets, { metadata, type: 'Opaque', data: secretData({ [KEY]: made }) }, { signal });
    return made;
  } catch (error) {
    if (!isKubeError(error, 'kube-exists')) throw error;
    const other = await client.get(secrets, { namespace, name }, { signal });
    return readKey(other && secretBytes(other, KEY), namespace);
  }
}

function readKey(bytes: Uint8Array | undefined, namespace: string): Uint8Array {
  if (bytes !== undefined && bytes.length >= KEY_LENGTH) return bytes;
  throw new DomainError(
    'label-key-invalid',
    `the Secret ${namespace}/${LABEL_SECRET} has no "${KEY}" of at least ${KEY_LENGTH} bytes; restore it from a backup, since every CNAME depends on it`,
  );
}
