import type { Informer } from './api/informer.ts';
import type { KubeObject } from './api/object.ts';
import { readIssuerReference } from './issuer/issuer-lookup.ts';
import type { AnyIssuer } from './issuer/issuer-lookup.ts';
import type { Certificate } from './schema/certificate.ts';
import type { CertificateRequest } from './schema/certificate-request.ts';

// What is looked up by anything else than its own name is found by an index: no reconcile walks over all objects of a kind.

/** `cert-manager.io/private-key-secret-name`: where the key is that a request was made with; SelfSigned signs with it. */
export const PRIVATE_KEY_SECRET = 'cert-manager.io/private-key-secret-name';

export const certificateIndexes = {
  /** `namespace/secretName` */
  secret: ({ metadata, spec }: Certificate) => [within(metadata.namespace, spec.secretName)],
  /** `namespace/name` of Secrets with the passwords of its key stores. */
  password: ({ metadata, spec: { keystores } }: Certificate) =>
    [keystores?.jks?.passwordSecretRef?.name, keystores?.pkcs12?.passwordSecretRef?.name]
      .filter((name) => name !== undefined)
      .map((name) => within(metadata.namespace, name)),
  /** UID of the Ingress, Gateway or other object that controls it. */
  controller: ({ metadata }: Certificate) => {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    return owner === undefined ? [] : [owner.uid];
  },
};

export const requestIndexes = {
  /** UID of the Certificate that it was made for. */
  owner: ({ metadata }: CertificateRequest) => {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    return owner === undefined ? [] : [owner.uid];
  },
  /** `Issuer/namespace/name` or `ClusterIssuer/name` */
  issuer: ({ metadata, spec }: CertificateRequest) => {
    const reference = readIssuerReference(spec.issuerRef);
    if (reference === 'foreign') return [];
    return [issuerIndexKey(reference.kind, reference.name, metadata.namespace)];
  },
  /** `namespace/name` of the Secret with its key. */
  privateKey: ({ metadata }: CertificateRequest) => {
    const name = metadata.annotations?.[PRIVATE_KEY_SECRET];
    return name === undefined ? [] : [within(metadata.namespace, name)];
  },
};

function within(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function issuerIndexKey(kind: string, name: string, namespace: string | undefined): string {
  return kind === 'ClusterIssuer' ? `${kind}/${name}` : `${kind}/${within(namespace, name)}`;
}

export function certificatesOfSecret(certificates: Informer<Certificate>, secret: string): readonly Certificate[] {
  return certificates.byIndex('secret', secret);
}

export function certificatesOfPassword(certificates: Informer<Certificate>, secret: string): readonly Certificate[] {
  return certificates.byIndex('password', secret);
}

export function certificatesOfController(
  certificates: Informer<Certificate>,
  { metadata }: KubeObject,
): readonly Certificate[] {
  return certificates.byIndex('controller', metadata.uid ?? '');
}

export function requestsOfOwner(
  requests: Informer<CertificateRequest>,
  { metadata }: Certificate,
): readonly CertificateRequest[] {
  return requests.byIndex('owner', metadata.uid ?? '');
}

export function requestsOfIssuer(
  requests: Informer<CertificateRequest>,
  { kind, metadata }: AnyIssuer,
): readonly CertificateRequest[] {
  return requests.byIndex('issuer', issuerIndexKey(kind, metadata.name, metadata.namespace));
}

export function requestsOfPrivateKey(
  requests: Informer<CertificateRequest>,
  secret: string,
): readonly CertificateRequest[] {
  return requests.byIndex('privateKey', secret);
}
