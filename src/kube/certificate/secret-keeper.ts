import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { secrets as secretResource, secretBytes } from '../api/secret.ts';
import type { Secret } from '../api/secret.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { SecretKey } from '../schema/secret-reference.ts';
import { certificateSecret } from '../secret/certificate-secret.ts';
import type { IssuedMaterial, SecretContent } from '../secret/certificate-secret.ts';
import { keyStoreNames, makeKeyStores } from '../secret/key-stores.ts';
import type { KeyStores } from '../secret/key-stores.ts';
import { presentMaterial, presentOrigin, wantedOfPresent } from '../secret/present-secret.ts';
import { secretDeviation } from '../secret/secret-deviation.ts';
import type { CertificateDeps } from './certificate-deps.ts';
import { sameIssuer } from './issuer-identity.ts';
import { SECRET_MANAGER } from '../secret/secret-names.ts';

export type Kept =
  | { readonly kind: 'kept' }
  | { readonly kind: 'written'; readonly secret: Secret; readonly why: string }
  | { readonly kind: 'no-password'; readonly message: string };

/** Writes the Secrets of Certificates, and nothing else does. */
export interface SecretKeeper {
  /** Puts what was issued in place. `before` is the Secret as it is, whose type stays. @throws KubeError, DomainError */
  deliver(
    certificate: Certificate,
    before: Secret | undefined,
    material: IssuedMaterial,
    signal: AbortSignal,
  ): Promise<Kept>;
  /**
   * Puts right what is not as the spec says, without a new certificate: template, output formats, key stores, owner reference. Only for a Secret
   * that has a readable key pair. @throws KubeError, DomainError `invalid-certificate`, `invalid-key`
   */
  repair(certificate: Certificate, secret: Secret, signal: AbortSignal): Promise<Kept>;
  forget(certificateUid: string): void;
}

export function createSecretKeeper(
  deps: Pick<CertificateDeps, 'client' | 'secrets' | 'clock' | 'options' | 'ownWrites'>,
): SecretKeeper {
  /** What the key stores in a Secret were made from, so far as we have made or seen them. */
  const made = new Map<string, string>();

  function remember(uid: string, inputs: string): void {
    if (inputs === '') made.delete(uid);
    else made.set(uid, inputs);
  }

  async function deliver(
    certificate: Certificate,
    before: Secret | undefined,
    material: IssuedMaterial,
    signal: AbortSignal,
  ): Promise<Kept> {
    // A crash came between the Secret and the status: it is there already.
    if (before !== undefined && isDelivered(certificate, before, material)) return repair(certificate, before, signal);
    const inputs = await keyStoreInputs(certificate, material, signal);
    const stores = await freshStores(certificate, material, signal);
    if (stores.kind === 'no-password') return stores;
    const { metadata, spec } = certificate;
    const content = certificateSecret({
      certificate,
      material,
      issuerRef: spec.issuerRef,
      certificateName: metadata.name,
      keyStores: stores.data,
      owned: deps.options.certificateOwnerRef,
    });
    const secret = await apply(certificate, before, content, signal);
    remember(metadata.uid ?? '', inputs);
    return { kind: 'written', secret, why: 'issued' };
  }

  async function repair(certificate: Certificate, secret: Secret, signal: AbortSignal): Promise<Kept> {
    const uid = certificate.metadata.uid ?? '';
    const material = presentMaterial(secret);
    const inputs = await keyStoreInputs(certificate, material, signal);
    const names = keyStoreNames(certificate.spec.keystores, material.ca !== undefined);
    const present = names.flatMap((name) => {
      const bytes = secretBytes(secret, name);
      return bytes === undefined ? [] : [[name, bytes] as const];
    });
    // Stores that were there before us are taken to be right: to make them anew would change what programs have loaded.
    const areRight = present.length === names.length && (made.get(uid) ?? inputs) === inputs;
    const stores: KeyStores = areRight
      ? { kind: 'made', data: Object.fromEntries(present) }
      : await freshStores(certificate, material, signal);
    if (stores.kind === 'no-password') return stores;
    const content = wantedOfPresent(certificate, secret, stores.data, deps.options.certificateOwnerRef);
    remember(uid, inputs);
    const why = secretDeviation(secret, content, uid);
    if (why === undefined) return { kind: 'kept' };
    return { kind: 'written', secret: await apply(certificate, secret, content, signal), why };
  }

  async function apply(
    certificate: Certificate,
    before: Secret | undefined,
    { labels, annotations, data, ownerReferences }: SecretContent,
    signal: AbortSignal,
  ): Promise<Secret> {
    const { metadata, spec } = certificate;
    const written = await deps.ownWrites.secret(certificate, () =>
      deps.client.apply(
        secretResource,
        {
          metadata: {
            name: spec.secretName,
            namespace: metadata.namespace,
            labels,
            annotations,
            ...(ownerReferences.length > 0 && { ownerReferences }),
          },
          type: before === undefined ? 'kubernetes.io/tls' : before.type,
          data,
        },
        { fieldManager: SECRET_MANAGER, force: true, signal },
      ),
    );
    deps.ownWrites.quietly(certificate, () => deps.secrets.upsert(written));
    return written;
  }

  function freshStores(certificate: Certificate, material: IssuedMaterial, signal: AbortSignal): Promise<KeyStores> {
    const readPassword = (reference: SecretKey) => passwordIn(certificate, reference, signal);
    return makeKeyStores(certificate.spec.keystores, material, { readPassword, now: deps.clock.now() });
  }

  /** One value for everything that key stores are made from. It stays in memory, and is a hash because there are passwords in it. */
  async function keyStoreInputs(
    certificate: Certificate,
    material: IssuedMaterial,
    signal: AbortSignal,
  ): Promise<string> {
    const { keystores } = certificate.spec;
    if (keystores?.jks?.create !== true && keystores?.pkcs12?.create !== true) return '';
    const references = [keystores.jks?.passwordSecretRef, keystores.pkcs12?.passwordSecretRef].filter(
      (reference) => reference !== undefined,
    );
    const passwords = await Promise.all(references.map((reference) => passwordIn(certificate, reference, signal)));
    return createHash('sha256')
      .update(JSON.stringify([keystores, passwords, material]))
      .digest('hex');
  }

  async function passwordIn(
    { metadata }: Certificate,
    { name, key = '' }: SecretKey,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const secret = await deps.secrets.read({ namespace: metadata.namespace, name }, signal);
    const bytes = secret && secretBytes(secret, key);
    return bytes === undefined || bytes.length === 0 ? undefined : Buffer.from(bytes).toString('utf8');
  }

  return { deliver, repair, forget: (uid) => void made.delete(uid) };
}

/** Whether a Secret holds just this, and says that it is this Certificate's, from this issuer. */
function isDelivered({ metadata, spec }: Certificate, secret: Secret, material: IssuedMaterial): boolean {
  const { certificateName, issuerRef } = presentOrigin(secret);
  return (
    isDeepStrictEqual(presentMaterial(secret), material) &&
    certificateName === metadata.name &&
    issuerRef !== undefined &&
    sameIssuer(issuerRef, spec.issuerRef)
  );
}
