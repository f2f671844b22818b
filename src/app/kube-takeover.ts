import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import type { DelegationCheckerOptions } from '../dns01/delegation.ts';
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
import { controllerOf } from '../kube/shim/plan-certificates.ts';
import type { ShimOptions } from '../kube/shim/shim-options.ts';
import { isGoing } from '../kube/shim/shim-request.ts';
import { issuerSupport } from '../kube/takeover/issuer-support.ts';
import type { CertificateDraft } from '../kube/takeover/issuer-support.ts';
import { judgeAnnotated } from '../kube/takeover/judge-annotated.ts';
import type { AnnotatedTakeover, JudgedAnnotated } from '../kube/takeover/judge-annotated.ts';
import { judgeTakeover } from '../kube/takeover/judge-takeover.ts';
import type { Takeover } from '../kube/takeover/judge-takeover.ts';
import { neededDelegations } from '../kube/takeover/needed-delegations.ts';
import { foreseeDelegations } from './kube-takeover-delegations.ts';
import type { DelegationTakeover } from './kube-takeover-delegations.ts';
import { readAskingObjects } from './kube-takeover-objects.ts';
import type { AskingObject } from './kube-takeover-objects.ts';

export interface TakeoverQuestion {
  /** undefined: the whole cluster. */
  readonly namespace: string | undefined;
  /** The challenge zone that evercert is to serve. */
  readonly ownZone: DomainName | undefined;
  /** Where the Secrets of ClusterIssuers are. */
  readonly clusterResourceNamespace: string;
  readonly certificateOwnerRef: boolean;
  readonly shims: ShimOptions;
  /** How CNAMEs are looked at; undefined: they are not. */
  readonly look: DelegationCheckerOptions | undefined;
}

export interface CertificateTakeover {
  readonly namespace: string;
  readonly name: string;
  readonly takeover: Takeover;
}

export interface ForeseenTakeover {
  readonly certificates: readonly CertificateTakeover[];
  /** Ingresses, Gateways and ListenerSets that ask for certificates. */
  readonly annotated: readonly AnnotatedTakeover[];
  /** undefined: they were not looked at. */
  readonly delegations: readonly DelegationTakeover[] | undefined;
}

/** Looks at every Certificate, and at whatever asks for one, and writes nothing. @throws KubeError */
export async function foreseeTakeover(
  client: KubeClient,
  question: TakeoverQuestion,
  clock: Clock,
  signal: AbortSignal,
): Promise<ForeseenTakeover> {
  const { namespace, ownZone, clusterResourceNamespace, certificateOwnerRef, shims, look } = question;
  const all = async <T extends KubeObject>(resource: Resource<T>) => {
    const query = { namespace: resource.namespaced ? namespace : undefined };
    return (await listAll(client, resource, query, { signal })).items;
  };
  const [certificates, requests, issuers, clusterIssuers, asking] = await Promise.all([
    all(certificateResource),
    all(certificateRequestResource),
    all(issuerResource),
    all(clusterIssuerResource),
    readAskingObjects(client, { namespace, options: shims }, signal),
  ]);
  const bySecret = Map.groupBy(certificates, secretOf);
  const byOwner = Map.groupBy(requests, ownerOf);
  const byName = new Map<string, AnyIssuer>([...issuers, ...clusterIssuers].map((one) => [keyOf(one), one]));
  const issuerOf = (certificate: CertificateDraft) => byName.get(issuerKey(certificate));
  const secretsThere = await readSecrets(client, [...bySecret.keys()], signal);
  const options = { certificateOwnerRef, backoff: defaultKubeOptions.backoff };
  const present = certificates.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const judged = judgeAll(asking, present, { issuerOf, ownZone, options: shims });
  const needed = neededDelegations([...present, ...judged.flatMap(({ wanted }) => wanted)], issuerOf, question);
  return {
    certificates: present.map((certificate) => {
      const view = viewOf(certificate, {
        secret: secretsThere.get(secretOf(certificate)),
        requests: byOwner.get(certificate.metadata.uid ?? '') ?? [],
        nextKeys: [],
        sharing: bySecret.get(secretOf(certificate)) ?? [],
      });
      const support = issuerSupport(certificate, issuerOf(certificate), ownZone);
      const { namespace: place = '', name } = certificate.metadata;
      return { namespace: place, name, takeover: judgeTakeover(view, support, options, clock.now()) };
    }),
    annotated: judged.map(({ takeover }) => takeover),
    delegations:
      look && (await foreseeDelegations(needed, { client, look, ownZone, clusterResourceNamespace }, signal)),
  };
}

function judgeAll(
  asking: readonly AskingObject[],
  certificates: readonly Certificate[],
  world: Parameters<typeof judgeAnnotated>[1],
): JudgedAnnotated[] {
  const byKey = new Map(certificates.map((certificate) => [keyOf(certificate), certificate]));
  const byController = Map.groupBy(certificates, (certificate) => controllerOf(certificate) ?? '');
  return asking
    .filter(({ owner }) => !isGoing(owner))
    .map(({ owner, request }) => {
      const { namespace, uid = '' } = owner.metadata;
      const certificate = (name: string) => byKey.get(formatKey({ namespace, name }));
      return judgeAnnotated({ owner, request, certificate, owned: byController.get(uid) ?? [] }, world);
    })
    .filter((judged) => judged !== undefined);
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

function issuerKey({ metadata, spec }: CertificateDraft): string {
  const reference = readIssuerReference(spec.issuerRef);
  if (reference === 'foreign') return '';
  const { kind, name } = reference;
  return formatKey({ namespace: kind === 'Issuer' ? metadata.namespace : undefined, name });
}
