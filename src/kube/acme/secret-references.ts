import type { ChallengeSolver } from '../schema/challenge-solver.ts';

export interface NamedSecret {
  readonly name: string;
  readonly key: string | undefined;
}

/**
 * The Secrets that solvers of other DNS providers name: every member that ends in SecretRef, as all of cert-manager's providers have them. Not
 * those of acmeDNS: accounts that are missing there are registered.
 */
export function solverSecrets(solvers: readonly ChallengeSolver[] | undefined): readonly NamedSecret[] {
  return (solvers ?? []).flatMap(({ dns01 }) => {
    const { acmeDNS: _, ...others } = dns01 ?? {};
    return references(others);
  });
}

function references(value: unknown): readonly NamedSecret[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([member, inner]) => {
    if (!/secretref$/i.test(member)) return references(inner);
    const { name, key } = (inner ?? {}) as Record<string, unknown>;
    return typeof name === 'string' && name !== '' ? [{ name, key: typeof key === 'string' ? key : undefined }] : [];
  });
}
