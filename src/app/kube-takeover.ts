import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { inParallel } from '../issuance/in-parallel.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { listAll } from '../kube/api/list-all.ts';
import { formatKey, keyOf } from '../kube/api/object.ts';
import type { KubeObject } from '../kube/api/object.ts';
import type { Resource } from '../kube/api/resource.ts';
import { secrets } from '../kube/api/secret.ts';
import type { Secret } from '../kube/api/secret.ts';
import { viewOf } from '../kube/certificate/gather-certificate.ts';
import { readIssuerReference } from '../kube/issuer/issuer-lookup.ts';
import type { AnyIssuer } from '../kube/issuer/issuer-lookup.ts';
import { defaultKubeOptions } from '../kube/options.ts';
import { certificateRequestResource } from '../kube/schema/certificate-request.ts';
import type { CertificateRequest } from '../kube/schema/certificate-request.ts';
import { certificateResource } from '../kube/schema/certificate.ts';
import type { Certificate } from '../kube/schema/certificate.ts';
import { clusterIssuerResource, issuerResource } from '../kube/schema/issuer.ts';
import { issuerSupport } from '../kube/takeover/issuer-support.ts';
import { judgeTakeover } from '../kube/takeover/judge-takeover.ts';
import type { Takeover } from '../kube/takeover/judge-takeover.ts';

export interface TakeoverQuestion {
  /** undefined: the whole cluster. */
  readonly namespace: string | undefined;
  /** The challenge zone that evercert is to serve. */
  readonly ownZone: DomainName | undefined;
  readonly certificateOwnerRef: boolean;
}

export interface CertificateTakeover {
  readonly namespace: string;
  readonly name: string;
  readonly takeover: Takeover;
}

/** Looks at every Certificate, and writes nothing. @throws KubeError */
export async function foreseeTakeover(
  client: KubeClient,
  { namespace, ownZone, certificateOwnerRef }: TakeoverQuestion,
  clock: Clock,
  signal: AbortSignal,
): Promise<CertificateTakeover[]> {
  const all = async <T extends KubeObject>(resource: Resource<T>) => {
    const query = { namespace: resource.namespaced ? namespace : undefined };
    return (await listAll(client, resource, query, { signal })).items;
  };
  const [certificates, requests, issuers, clusterIssuers] = await Promise.all([
    all(certificateResource),
    all(certificateRequestResource),
    all(issuerResource),
    all(clusterIssuerResource),
  ]);
  const bySecret = Map.groupBy(certificates, secretOf);
  const byOwner = Map.groupBy(requests, ownerOf);
  const byName = new Map<string, AnyIssuer>([...issuers, ...clusterIssuers].map((one) => [keyOf(one), one]));
  const secretsThere = await readSecrets(client, [...bySecret.keys()], signal);
  const options = { certificateOwnerRef, backoff: defaultKubeOptions.backoff };
  return certificates
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((certificate) => {
      const view = viewOf(certificate, {
        secret: secretsThere.get(secretOf(certificate)),
        requests: byOwner.get(certificate.metadata.uid ?? '') ?? [],
        nextKeys: [],
        sharing: bySecret.get(secretOf(certificate)) ?? [],
      });
      const support = issuerSupport(certificate, byName.get(issuerKey(certificate)), ownZone);
      const { namespace: place = '', name } = certificate.metadata;
      return { namespace: place, name, takeover: judgeTakeover(view, support, options, clock.now()) };
    });
}

/** One by one, since that takes less rights than a list, and less memory. */
async function readSecrets(client: KubeClient, keys: readonly string[], signal: AbortSignal) {
  const found = new Map<string, Secret>();
  await inParallel(keys, async (key) => {
    const [namespace, name = ''] = key.split('/');
    const secret = await client.get(secrets, { namespace, name }, { signal });
    if (secret !== undefined) found.set(key, secret);
  });
  return found;
}

function secretOf({ metadata, spec }: Certificate): string {
  return formatKey({ namespace: metadata.namespace, name: spec.secretName });
}

function ownerOf({ metadata }: CertificateRequest): string {
  return (
    metadata.ownerReferences?.find(({ kind, controller }) => kind === 'Certificate' && controller === true)?.uid ?? ''
  );
}

function issuerKey({ metadata, spec }: Certificate): string {
  const reference = readIssuerReference(spec.issuerRef);
  if (reference === 'foreign') return '';
  const { kind, name } = reference;
  return formatKey({ namespace: kind === 'Issuer' ? metadata.namespace : undefined, name });
}
