import type { Clock } from '../core/clock.ts';
import { createAskAnywhere } from '../dns01/ask-anywhere.ts';
import type { DelegationCheckerOptions, Routes } from '../dns01/delegation.ts';
import { systemResolvers } from '../dns01/system-resolvers.ts';
import type { NameServer } from '../dns/query.ts';
import { environmentProxy } from './environment-proxy.ts';

/** How the flags say that delegations are looked at. */
export interface KubeLookOptions {
  /** None: those of the machine. */
  readonly resolvers: readonly NameServer[];
  readonly resolversOnly: boolean;
  /** Servers given by hand for a zone: where the world is seen otherwise from here. */
  readonly routes: Routes;
}

export async function kubeLook(
  { resolvers, resolversOnly, routes }: KubeLookOptions,
  clock: Clock,
): Promise<DelegationCheckerOptions> {
  const asked = resolvers.length > 0 ? resolvers : await systemResolvers();
  return { resolvers: asked, resolversOnly, routes, clock, ask: createAskAnywhere(environmentProxy) };
}
