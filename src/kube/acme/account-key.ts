import { createHash, createPrivateKey } from 'node:crypto';
import { DomainError } from '../../core/error.ts';
import { encodePrivateKey, privateKeyDer } from '../../pki/encode-key.ts';
import { generateKey, parsePrivateKey } from '../../pki/key.ts';
import type { KubeClient } from '../api/client.ts';
import { isKubeError } from '../api/kube-error.ts';
import { secretBytes, secretData, secrets } from '../api/secret.ts';
import type { SecretCache } from '../api/secret-cache.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import type { AcmeIssuer } from '../schema/acme-issuer.ts';

const DEFAULT_KEY = 'tls.key';

export interface AccountKey {
  /** PEM. Secret. */
  readonly privateKey: string;
  /** As cert-manager computes it: base64 of the SHA-256 of the key's PKCS#1 (or SEC 1) DER. */
  readonly hash: string;
}

export interface AccountKeyDeps {
  readonly client: KubeClient;
  readonly secrets: SecretCache;
}

/**
 * The key of an issuer's account. Where there is none it is made: RSA 2048, since others that share the Secret know no other kind. It stands in
 * the Secret before any server hears of it, and stays when the issuer goes: the account is found again by it.
 * @throws DomainError `acme-account-key-missing`, `invalid-key`
 */
export async function accountKey(
  issuer: AnyIssuer,
  { privateKeySecretRef, disableAccountKeyGeneration }: AcmeIssuer,
  namespace: string,
  deps: AccountKeyDeps,
  signal: AbortSignal,
): Promise<AccountKey> {
  const { name } = privateKeySecretRef;
  const key = privateKeySecretRef.key ?? DEFAULT_KEY;
  const found = await deps.secrets.read({ namespace, name }, signal);
  if (found !== undefined) return parseAccountKey(secretBytes(found, key), `${namespace}/${name}`, key);
  if (disableAccountKeyGeneration === true) {
    throw new DomainError(
      'acme-account-key-missing',
      `there is no Secret "${name}" in the namespace ${namespace} with the account's key, and spec.acme.disableAccountKeyGeneration forbids to make it`,
    );
  }
  const privateKey = encodePrivateKey(createPrivateKey(await generateKey('RSA-2048')), 'PKCS1');
  const draft = {
    metadata: { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'cert-manager' } },
    type: 'Opaque',
    data: secretData({ [key]: privateKey }),
  };
  try {
    const fieldManager = issuer.kind === 'ClusterIssuer' ? 'cert-manager-clusterissuers' : 'cert-manager-issuers';
    deps.secrets.upsert(await deps.client.create(secrets, draft, { signal, fieldManager }));
    return parseAccountKey(Buffer.from(privateKey), `${namespace}/${name}`, key);
  } catch (error) {
    // Another issuer with the same Secret, or a person, was there first.
    if (!isKubeError(error, 'kube-exists')) throw error;
    const other = await deps.client.get(secrets, { namespace, name }, { signal });
    return parseAccountKey(other && secretBytes(other, key), `${namespace}/${name}`, key);
  }
}

function parseAccountKey(bytes: Uint8Array | undefined, secret: string, key: string): AccountKey {
  if (bytes === undefined || bytes.length === 0) {
    throw new DomainError(
      'acme-account-key-missing',
      `the Secret ${secret} has no "${key}"; put the account's private key there, or remove the Secret to have a new one made`,
    );
  }
  const privateKey = encodePrivateKey(parsePrivateKey(Buffer.from(bytes).toString('utf8')), 'PKCS1');
  return { privateKey, hash: createHash('sha256').update(privateKeyDer(privateKey)).digest('base64') };
}
