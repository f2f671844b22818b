import type { LoadedConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { openAccountFile } from '../dns01/account-file.ts';
import { createAuthoritativeValues } from '../dns01/authoritative-values.ts';
import type { DelegationCheckerOptions } from '../dns01/delegation.ts';
import { createRemotePresenter } from '../dns01/remote-presenter.ts';
import type { RemotePresenter } from '../dns01/remote-presenter.ts';
import { systemResolvers } from '../dns01/system-resolvers.ts';
import type { NameServer } from '../dns/query.ts';
import { environmentProxy } from './environment-proxy.ts';

/** How delegations are looked at. `own`: our zones are asked here, whatever the world knows of them yet. */
export async function delegationOptions(
  { config }: LoadedConfig,
  clock: Clock,
  own?: { readonly zones: readonly DomainName[]; readonly server: NameServer },
): Promise<DelegationCheckerOptions> {
  const { resolvers, routes } = config.dns01;
  return {
    resolvers: resolvers.length > 0 ? resolvers : await systemResolvers(),
    routes: new Map([
      ...(own?.zones ?? []).map((zone) => [zone, own === undefined ? [] : [own.server]] as const),
      ...routes,
    ]),
    clock,
  };
}

/** The presenter for an acme-dns server of somebody else, or undefined when the configuration names none. */
export function remotePresenter(
  { config, secrets }: LoadedConfig,
  look: DelegationCheckerOptions,
): RemotePresenter | undefined {
  const { acmeDns } = config.dns01;
  if (acmeDns === undefined) return undefined;
  return createRemotePresenter({
    server: secrets.acmeDnsServer?.reveal() ?? acmeDns.server,
    accounts: openAccountFile(acmeDns.accounts),
    trust: acmeDns.trust,
    proxyFor: environmentProxy,
    allowFrom: acmeDns.allowFrom,
    liveValues: createAuthoritativeValues(look),
    clock: look.clock,
  });
}
