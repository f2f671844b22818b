import type { AcmeIssuer } from '../schema/acme-issuer.ts';
import { solverKind } from './solver-kind.ts';

/**
 * A sentence when an issuer can validate no name, since all its solvers are of kinds that are not built: said there, before somebody waits for a
 * certificate. With one that is built, the others are said when a name needs them. Without any, the CA may know its customers' names.
 */
export function withoutUsableSolver({ solvers = [] }: AcmeIssuer): string | undefined {
  if (solvers.some(({ dns01 }) => dns01?.acmeDNS !== undefined)) return undefined;
  const [first] = solvers;
  const kind = first && solverKind(first, undefined);
  return kind?.kind === 'unsupported' ? `There is no solver that can be used: ${kind.message}` : undefined;
}
