import type { KeyObject } from 'node:crypto';
import { DomainError } from '../../core/error.ts';
import { encodePrivateKey } from '../../pki/encode-key.ts';
import { keyDifferences } from '../../pki/key-spec.ts';
import { parsePrivateKey } from '../../pki/key.ts';
import { isKubeError } from '../api/kube-error.ts';
import { keyOf } from '../api/object.ts';
import { secrets as secretResource, secretBytes } from '../api/secret.ts';
import type { Secret } from '../api/secret.ts';
import { TLS_KEY } from '../secret/secret-names.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateDeps } from './certificate-deps.ts';
import type { CertificateView } from './gather-certificate.ts';
import { isNextKeyOf, nextKeySecret } from './next-key.ts';
import { wantedKey } from './wanted-content.ts';

export type NextKey =
  | { readonly kind: 'ready'; readonly key: KeyObject; readonly name: string }
  /** Being made; the Certificate is woken when it is. */
  | { readonly kind: 'in-the-making' }
  /** The name that was chosen belongs to something else: choose another. */
  | { readonly kind: 'name-taken' }
  /** `rotationPolicy: Never` keeps a key that does not fit the spec: only a person can say what is to be done. */
  | { readonly kind: 'blocked'; readonly message: string };

/** Sees to it that the Secret `name` holds a key for the next certificate. What other temporary Secrets there are is deleted. */
export async function ensureKey(
  deps: CertificateDeps,
  view: CertificateView,
  name: string,
  signal: AbortSignal,
): Promise<NextKey> {
  const { certificate } = view;
  for (const secret of view.nextKeys) {
    if (secret.metadata.name !== name) await deleteSecret(deps, secret, signal);
  }
  const stored = view.nextKeys.find(({ metadata }) => metadata.name === name);
  if (stored !== undefined) {
    const judged = judgeStored(certificate, stored);
    if (judged.kind === 'fits') return { kind: 'ready', key: judged.key, name };
    if (judged.kind === 'differs') {
      const message = `Regenerating private key due to change in fields: [${judged.fields.join(' ')}]`;
      deps.events.record(certificate, { type: 'Normal', reason: 'Deleted', message });
    }
    await deleteSecret(deps, stored, signal);
  }
  const source = chooseKey(deps, view);
  if (source.kind !== 'key') return source;
  const secret = await store(deps, certificate, name, source.pem, signal);
  if (secret === undefined) return { kind: 'name-taken' };
  deps.workshop.forget(certificate.metadata.uid ?? '');
  deps.events.record(certificate, { type: 'Normal', ...told(source.from, name, certificate.spec.secretName) });
  const judged = judgeStored(certificate, secret);
  return judged.kind === 'fits' ? { kind: 'ready', key: judged.key, name } : { kind: 'name-taken' };
}

function told(from: 'made' | 'reused', name: string, secretName: string): { reason: string; message: string } {
  if (from === 'made') {
    return { reason: 'Generated', message: `Stored new private key in temporary Secret resource "${name}"` };
  }
  return { reason: 'Reused', message: `Reusing private key stored in existing Secret resource "${secretName}"` };
}

type Judged =
  | { readonly kind: 'fits'; readonly key: KeyObject }
  | { readonly kind: 'differs'; readonly fields: readonly string[] }
  | { readonly kind: 'unreadable' };

function judgeStored({ spec }: Certificate, secret: Secret): Judged {
  const key = readKey(secret);
  if (key === undefined) return { kind: 'unreadable' };
  const fields = keyDifferences(wantedKey(spec), key);
  return fields.length === 0 ? { kind: 'fits', key } : { kind: 'differs', fields };
}

function readKey(secret: Secret): KeyObject | undefined {
  try {
    return parsePrivateKey(Buffer.from(secretBytes(secret, TLS_KEY) ?? []).toString('utf8'));
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

type KeySource =
  | { readonly kind: 'key'; readonly pem: string; readonly from: 'made' | 'reused' }
  | { readonly kind: 'in-the-making' }
  | { readonly kind: 'blocked'; readonly message: string };

function chooseKey(deps: CertificateDeps, { certificate, secret }: CertificateView): KeySource {
  const { metadata, spec } = certificate;
  const keeps = spec.privateKey?.rotationPolicy === 'Never' && (secret?.data?.[TLS_KEY] ?? '') !== '';
  if (keeps && secret !== undefined) {
    const judged = judgeStored(certificate, secret);
    if (judged.kind === 'fits') return { kind: 'key', pem: encodePrivateKey(judged.key, 'PKCS8'), from: 'reused' };
    if (judged.kind === 'differs') return blocked(deps, certificate, judged.fields);
    const message = `Failed to decode private key stored in Secret "${spec.secretName}" - generating new key`;
    deps.events.record(certificate, { type: 'Warning', reason: 'DecodeFailed', message });
  }
  const made = deps.workshop.ask(metadata.uid ?? '', wantedKey(spec), () => deps.wake(keyOf(certificate)));
  return made.kind === 'made' ? { kind: 'key', pem: made.key, from: 'made' } : made;
}

function blocked(deps: CertificateDeps, certificate: Certificate, fields: readonly string[]): KeySource {
  const message = `User intervention required: existing private key in Secret "${certificate.spec.secretName}" does not match requirements on Certificate resource, mismatching fields: [${fields.join(' ')}]; rotationPolicy Never keeps it: set spec.privateKey.rotationPolicy to Always, or put spec.privateKey back`;
  deps.events.record(certificate, { type: 'Warning', reason: 'CannotRegenerateKey', message });
  return { kind: 'blocked', message };
}

/** The Secret as it is stored; undefined when one of that name is there and is not ours. After a crash it may be there already. */
async function store(
  deps: CertificateDeps,
  certificate: Certificate,
  name: string,
  pem: string,
  signal: AbortSignal,
): Promise<Secret | undefined> {
  try {
    const options = { signal, fieldManager: 'cert-manager-certificates-key-manager' };
    const created = await deps.client.create(secretResource, nextKeySecret(certificate, name, pem), options);
    deps.ownWrites.quietly(certificate, () => deps.secrets.upsert(created));
    return created;
  } catch (error) {
    if (!isKubeError(error, 'kube-exists')) throw error;
    const key = { namespace: certificate.metadata.namespace, name };
    const present = await deps.client.get(secretResource, key, { signal });
    if (present === undefined || !isNextKeyOf(present, certificate)) return undefined;
    deps.secrets.upsert(present);
    return present;
  }
}

/** Of the temporary Secrets only: those of Certificates are never deleted by us. */
export async function deleteSecret(
  { client, nextKeys }: Pick<CertificateDeps, 'client' | 'nextKeys'>,
  secret: Secret,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name, uid } = secret.metadata;
  await client.delete(secretResource, { namespace, name }, { uid, signal });
  nextKeys.remove(keyOf(secret));
}
