import type { LoadedConfig } from '../config/config.ts';

/** What of the configuration the challenge server is started with, beside its zone. */
export function dnsOptions({ config: { api, dns, otherZones } }: LoadedConfig) {
  const { listeners, workers, foreignZone, foreignRate, maxTcpConnections, tcpIdle } = dns;
  const tcpLimits = { connections: maxTcpConnections, idleTimeout: tcpIdle };
  return { listeners, workers, foreignZone, foreignRate, tcpLimits, otherZones, ownName: ownName(api) };
}

/** The name of the API that we get a certificate for ourselves. */
function ownName({ tls }: LoadedConfig['config']['api']) {
  return tls?.kind === 'acme' ? tls.name : undefined;
}
