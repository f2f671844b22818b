import type { DomainName } from '../../core/domain-name.ts';
import type { KubeObject } from '../api/object.ts';
import { readIssuerReference } from '../issuer/issuer-lookup.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import type { IssuerReference } from '../schema/issuer-reference.ts';
import { planCertificates } from '../shim/plan-certificates.ts';
import type { Gathered } from '../shim/plan-certificates.ts';
import type { ShimOptions } from '../shim/shim-options.ts';
import { issuerSupport } from './issuer-support.ts';
import type { CertificateDraft } from './issuer-support.ts';

/** What evercert would do with an Ingress, a Gateway or a ListenerSet that asks for certificates. Certificates by their names. */
export interface AnnotatedTakeover {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** As in `ClusterIssuer letsencrypt`; undefined when nobody can tell. */
  readonly issuer: string | undefined;
  readonly kept: readonly string[];
  readonly made: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
  /** Why it cannot be served as it is, and what to do: one sentence each. */
  readonly problems: readonly string[];
  /** What is kept of its annotations without being used. */
  readonly notes: readonly string[];
}

export interface JudgedAnnotated {
  readonly takeover: AnnotatedTakeover;
  /** The Certificates that are not yet as they would be then. */
  readonly wanted: readonly CertificateDraft[];
}

interface World {
  readonly issuerOf: (certificate: CertificateDraft) => AnyIssuer | undefined;
  readonly ownZone: DomainName | undefined;
  readonly options: ShimOptions;
}

/** By the same rules that the controller goes by. undefined: it asks for nothing. */
export function judgeAnnotated(gathered: Gathered, world: World): JudgedAnnotated | undefined {
  const { owner, owned } = gathered;
  const { creates, updates, deletes, problems, issuerRef } = planCertificates(gathered, world.options);
  if (issuerRef === undefined && problems.length === 0) return undefined;
  const touched = new Set([...updates, ...deletes].map(({ metadata }) => metadata.name));
  const kept = owned.filter(({ metadata }) => !touched.has(metadata.name));
  const wanted = [...creates, ...updates];
  const faults = [...wanted, ...kept].flatMap((certificate) => {
    const support = issuerSupport(certificate, world.issuerOf(certificate), world.ownZone);
    return support.kind === 'unsupported' ? [support.message] : [];
  });
  const takeover = {
    kind: owner.kind,
    namespace: owner.metadata.namespace ?? '',
    name: owner.metadata.name,
    issuer: issuerRef === undefined ? undefined : issuerText(issuerRef),
    kept: namesOf(kept),
    made: namesOf(creates),
    changed: namesOf(updates),
    deleted: namesOf(deletes),
    problems: [...new Set([...problems, ...faults])],
    notes: notesOn(owner),
  };
  return { takeover, wanted };
}

/** Annotations for issuers and ways of validation that are not built. */
const UNUSED: readonly (readonly [prefix: string, why: string])[] = [
  ['acme.cert-manager.io/http01-', 'challenges are answered by DNS-01 alone, and then nothing has to be changed here'],
  ['venafi.cert-manager.io/', 'there is no issuer of the type venafi'],
];

function notesOn({ metadata }: KubeObject): string[] {
  const names = Object.keys(metadata.annotations ?? {});
  return UNUSED.flatMap(([prefix, why]) => {
    const unused = names.filter((name) => name.startsWith(prefix));
    if (unused.length === 0) return [];
    return [`${unused.join(', ')}: kept for the way back and without effect, since ${why}`];
  });
}

function issuerText(reference: IssuerReference): string {
  const read = readIssuerReference(reference);
  if (read !== 'foreign') return `${read.kind} ${read.name}`;
  return `${reference.kind ?? 'Issuer'}.${reference.group ?? ''} ${reference.name}`;
}

function namesOf(certificates: readonly CertificateDraft[]): string[] {
  return certificates.map(({ metadata }) => metadata.name);
}
