import type { KubeObject } from '../api/object.ts';
import type { Certificate } from '../schema/certificate.ts';
import { annotatedSpec } from './annotated-spec.ts';
import { changedCertificate } from './changed-certificate.ts';
import { requestedIssuer } from './requested-issuer.ts';
import type { ShimOptions } from './shim-options.ts';
import { annotationsOf } from './shim-request.ts';
import type { ShimRequest } from './shim-request.ts';
import { wantedCertificate } from './wanted-certificate.ts';
import type { WantedCertificate } from './wanted-certificate.ts';

export interface Gathered {
  /** The Ingress, Gateway or ListenerSet. */
  readonly owner: KubeObject;
  readonly request: ShimRequest;
  /** The Certificate of this name in its namespace, whoever has it. */
  readonly certificate: (name: string) => Certificate | undefined;
  /** Those that the owner controls. */
  readonly owned: readonly Certificate[];
}

export interface CertificatePlan {
  readonly creates: readonly WantedCertificate[];
  readonly updates: readonly Certificate[];
  readonly deletes: readonly Certificate[];
  /** For events: one sentence each. */
  readonly problems: readonly string[];
  /** Whom the Certificates are asked from; undefined when none is asked for, or nobody knows from whom. */
  readonly issuerRef?: WantedCertificate['spec']['issuerRef'];
}

const NOTHING: CertificatePlan = { creates: [], updates: [], deletes: [], problems: [] };

/** What is to be done so that there are the Certificates that somebody asks for by annotations. Where that cannot be understood: nothing at all. */
export function planCertificates(
  { owner, request, certificate, owned }: Gathered,
  options: ShimOptions,
): CertificatePlan {
  if (request.kind === 'none') return NOTHING;
  const annotations = request.kind === 'blocks' ? request.annotations : (owner.metadata.annotations ?? {});
  const auto = owner.kind === 'Ingress' ? options.autoAnnotations : [];
  const issuer = requestedIssuer(annotations, options, auto);
  if (issuer.kind === 'none') return NOTHING;
  if (issuer.kind === 'bad') return { ...NOTHING, problems: [issuer.message] };
  if (request.kind === 'bad') return { ...NOTHING, problems: [request.message] };
  const said = annotatedSpec(annotations);
  if (said.kind === 'bad') return { ...NOTHING, problems: [said.message] };

  const { issuerRef } = issuer;
  const extra = annotationsOf(Object.fromEntries(options.extraAnnotations.map((name) => [name, annotations[name]])));
  const creates: WantedCertificate[] = [];
  const updates: Certificate[] = [];
  const problems = [...request.faults];
  for (const block of request.blocks) {
    const wanted = wantedCertificate({
      owner,
      block,
      issuerRef,
      spec: said.spec,
      annotations: { ...request.certificateAnnotations, ...extra },
    });
    const present = certificate(block.secretName);
    if (present === undefined) creates.push(wanted);
    else if (controllerOf(present) !== owner.metadata.uid) problems.push(...rivalry(owner, present, wanted));
    else if (present.metadata.deletionTimestamp === undefined) {
      const changed = changedCertificate(present, wanted, options.extraAnnotations);
      if (changed !== undefined) updates.push(changed);
    }
  }
  const deletes = owned.filter(
    ({ metadata, spec }) =>
      metadata.deletionTimestamp === undefined &&
      !request.named.has(metadata.name) &&
      !request.named.has(spec.secretName),
  );
  return { creates, updates, deletes, problems, issuerRef };
}

/** UID of the one owner that controls it. */
export function controllerOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

/** Several Ingresses commonly share a Certificate that one of them has. That is worth a word only where it lacks a name. */
function rivalry(owner: KubeObject, present: Certificate, { spec }: WantedCertificate): string[] {
  const names = new Set([...(present.spec.dnsNames ?? []), ...(present.spec.ipAddresses ?? [])]);
  const missing = [...(spec.dnsNames ?? []), ...(spec.ipAddresses ?? [])].filter((name) => !isCovered(name, names));
  if (missing.length === 0) return [];
  const { name } = present.metadata;
  const has = present.metadata.ownerReferences?.find(({ controller }) => controller === true);
  const whose = has === undefined ? `was not made for this ${owner.kind}` : `belongs to ${has.kind} ${has.name}`;
  return [
    `Certificate "${name}" ${whose} and is left as it is, but it lacks ${missing.join(', ')}: add that there, or choose another Secret here`,
  ];
}

function isCovered(name: string, names: ReadonlySet<string>): boolean {
  return names.has(name) || names.has(name.replace(/^[^.]+/, '*'));
}
