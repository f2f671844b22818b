import { baseName, parseCertificateName } from '../../core/domain-name.ts';
import type { CertificateName, DomainName } from '../../core/domain-name.ts';
import { DomainError } from '../../core/error.ts';
import type { AnswerScope } from '../acme/answers.ts';
import { chooseSolver } from '../acme/solver-choice.ts';
import { solverKind } from '../acme/solver-kind.ts';
import type { SolverKind } from '../acme/solver-kind.ts';
import { formatKey } from '../api/object.ts';
import { secretNamespace } from '../issuer/issuer-lookup.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import type { CertificateDraft } from './issuer-support.ts';

/** One domain whose challenges are to be answered, and how. */
export interface NeededDelegation {
  readonly domain: DomainName;
  readonly solver: Exclude<SolverKind, { kind: 'unsupported' }>;
  readonly scope: AnswerScope;
  /** Resolvers that the solver is looked at through. */
  readonly nameservers: readonly string[];
  /** `namespace/name` of the Certificates that need it. */
  readonly certificates: readonly string[];
}

/** What Certificates need in DNS. A solver that waits instead of looking says that DNS cannot be looked at from here, and is passed over. */
export function neededDelegations(
  certificates: readonly CertificateDraft[],
  issuerOf: (certificate: CertificateDraft) => AnyIssuer | undefined,
  { ownZone, clusterResourceNamespace }: { ownZone: DomainName | undefined; clusterResourceNamespace: string },
): NeededDelegation[] {
  const found = new Map<string, NeededDelegation & { readonly certificates: string[] }>();
  for (const certificate of certificates) {
    const { metadata, spec } = certificate;
    const issuer = issuerOf(certificate);
    if (issuer?.spec.acme === undefined) continue;
    const scope: AnswerScope = {
      namespace: secretNamespace(issuer, clusterResourceNamespace),
      kind: issuer.kind === 'ClusterIssuer' ? 'ClusterIssuer' : 'Issuer',
    };
    for (const name of namesOf(spec)) {
      const domain = baseName(name);
      const wildcard = name.startsWith('*.');
      const solver = chooseSolver(issuer.spec.acme.solvers, {
        dnsName: domain,
        wildcard,
        labels: metadata.labels ?? {},
      });
      if (solver === undefined || solver.waitInsteadOfSelfCheck !== undefined) continue;
      const kind = solverKind(solver, ownZone);
      if (kind.kind === 'unsupported') continue;
      const { nameservers = [] } = solver.dns01 ?? {};
      const id = JSON.stringify([domain, kind, scope, nameservers]);
      const needed = found.get(id) ?? { domain, solver: kind, scope, nameservers, certificates: [] };
      found.set(id, needed);
      const key = formatKey(metadata);
      if (!needed.certificates.includes(key)) needed.certificates.push(key);
    }
  }
  return [...found.values()];
}

/** Names that are none are told of the Certificate itself. */
function namesOf({ dnsNames = [], commonName }: CertificateDraft['spec']): CertificateName[] {
  const names = dnsNames.length === 0 && commonName !== undefined ? [commonName] : dnsNames;
  return names.flatMap((name) => {
    try {
      return [parseCertificateName(name)];
    } catch (error) {
      if (error instanceof DomainError) return [];
      throw error;
    }
  });
}
