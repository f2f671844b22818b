import type { LoadedConfig } from '../config/config.ts';

/** What of the configuration the DNS server is started with. */
export function dnsOptions({ config: { dns } }: LoadedConfig) {
  const { listeners, workers, foreignZone, maxTcpConnections, tcpIdle } = dns;
  return { listeners, workers, foreignZone, tcpLimits: { connections: maxTcpConnections, idleTimeout: tcpIdle } };
}
