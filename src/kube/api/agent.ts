import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { buildConnector, Dispatcher } from 'undici';
import type { Credentials, KubeConfig } from './kube-config.ts';

const CONNECT_TIMEOUT = 10_000;
/** About fifteen are for watches. Without a limit each wave of calls would open a hundred, and shake hands for longer than it calls. */
const MOST_CONNECTIONS = 48;
/** The API server keeps idle connections for longer. */
const IDLE_CONNECTION = 60_000;

/** Connections to an API server, straight or through its proxy. */
export async function createAgent(config: KubeConfig, { ca, certificate, key }: Credentials): Promise<Dispatcher> {
  const tls = {
    timeout: CONNECT_TIMEOUT,
    // Made once: to parse roots and keys again for each connection is most of what a connection costs.
    secureContext: createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(key === undefined ? {} : { key }),
    }),
    ...(config.serverName === undefined ? {} : { servername: config.serverName }),
    ...(config.skipTlsVerify ? { rejectUnauthorized: false } : {}),
  };
  const options = {
    connections: MOST_CONNECTIONS,
    autoSelectFamily: true,
    keepAliveTimeout: IDLE_CONNECTION,
    allowH2: false,
  };
  const { proxy } = config;
  // undici takes a tenth of a second to load, and most commands never speak to a cluster. All of it would be 7 MB more than the part that is used.
  if (proxy === undefined) {
    const [{ default: Agent }, { default: request }] = await Promise.all([
      import('undici/lib/dispatcher/agent.js'),
      import('undici/lib/api/api-request.js'),
    ]);
    return Object.assign(new Agent({ ...options, connect: tls }), { request });
  }
  const undici = await import('undici');
  return new undici.ProxyAgent({
    ...options,
    uri: proxy.href,
    requestTls: tls,
    connectTimeout: CONNECT_TIMEOUT,
    // undici takes the host of a proxy for its name in TLS, which an address must not be (RFC 6066 section 3).
    clientFactory: (origin, more: { connect?: buildConnector.connector }) => {
      const { connect } = more;
      if (connect === undefined || isIP(proxy.hostname.replaceAll(/[[\]]/g, '')) === 0)
        return new undici.Pool(origin, more);
      return new undici.Pool(origin, { connect: (to, done) => connect({ ...to, servername: '' }, done) });
    },
  });
}
