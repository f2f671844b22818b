import type { DomainName } from '../core/domain-name.ts';
import { createDelegationChecker } from '../dns01/delegation.ts';
import type { DelegationCheckerOptions, DelegationExaminer } from '../dns01/delegation.ts';
import { parseResolver } from './parse-resolver.ts';

/** How the delegations that a solver needs are looked at, and what is served there. */
export interface SolverLook {
  readonly options: DelegationCheckerOptions;
  /** undefined: as those of every other solver. */
  readonly checker: DelegationExaminer | undefined;
}

/**
 * A solver with `nameservers` of its own is looked at through them alone, as in cert-manager: neither the resolvers nor the servers of zones that
 * flags name count for it. Only our own zone is asked here all the same, since a resolver would remember that there was nothing yet.
 * @throws DomainError `invalid-address`
 */
export function createSolverLooks(
  usual: DelegationCheckerOptions,
  ownZone: DomainName | undefined,
): (nameservers: readonly string[]) => SolverLook {
  const known = new Map<string, SolverLook>();
  const routes = new Map([...(usual.routes ?? [])].filter(([zone]) => zone === ownZone));
  return (nameservers) => {
    if (nameservers.length === 0) return { options: usual, checker: undefined };
    const id = nameservers.join(' ');
    const found = known.get(id);
    if (found !== undefined) return found;
    const options = { ...usual, routes, resolvers: nameservers.map(parseResolver), resolversOnly: true };
    const made = { options, checker: createDelegationChecker(options) };
    known.set(id, made);
    return made;
  };
}
