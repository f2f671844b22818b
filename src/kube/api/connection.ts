import { createSecureContext } from 'node:tls';
import type { Agent } from 'undici';
import type { Clock } from '../../core/clock.ts';
import type { Credentials, KubeConfig } from './kube-config.ts';

/** undici's agent and the header for it. */
export interface Connected {
  readonly agent: Agent;
  readonly authorization: string | undefined;
}

/** Connections to one API server, made again when its roots or our client certificate are replaced. */
export interface Connection {
  /** `fresh`: the server has just refused what we had, so the files are read now. */
  current(fresh?: boolean): Promise<Connected>;
  close(): Promise<void>;
}

/** Service account tokens are replaced some minutes before their end. */
const READ_AGAIN_AFTER = 30_000;
const CONNECT_TIMEOUT = 10_000;
/** About fifteen are for watches. Without a limit each wave of calls would open a hundred, and shake hands for longer than it calls. */
const MOST_CONNECTIONS = 48;
/** The API server keeps idle connections for longer. */
const IDLE_CONNECTION = 60_000;

export function createConnection(config: KubeConfig, clock: Clock): Connection {
  let credentials: Credentials = {};
  let connected: Connected | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Connected> | undefined;
  const agents = new Set<Agent>();

  async function read(): Promise<Connected> {
    const next = await config.credentials();
    readAt = clock.now();
    const isSameTls =
      next.ca === credentials.ca && next.certificate === credentials.certificate && next.key === credentials.key;
    let agent = connected?.agent;
    if (agent === undefined || !isSameTls) {
      // What is under way on the old connections may end there.
      const old = agent;
      void old?.close().finally(() => agents.delete(old));
      agent = await createAgent(config, next);
      agents.add(agent);
    }
    credentials = next;
    connected = { agent, authorization: next.token === undefined ? undefined : `Bearer ${next.token}` };
    return connected;
  }

  return {
    async current(fresh = false) {
      if (connected !== undefined && !fresh && Math.abs(clock.now() - readAt) < READ_AGAIN_AFTER) return connected;
      reading ??= read().finally(() => {
        reading = undefined;
      });
      try {
        return await reading;
      } catch (error) {
        // Files that are just being replaced: what we have is good for a while.
        if (connected !== undefined && !fresh) return connected;
        throw error;
      }
    },
    async close() {
      await Promise.all([...agents].map((agent) => agent.destroy()));
    },
  };
}

async function createAgent(config: KubeConfig, { ca, certificate, key }: Credentials): Promise<Agent> {
  // undici takes a tenth of a second to load, and most commands never speak to a cluster.
  const undici = await import('undici');
  return new undici.Agent({
    connect: {
      timeout: CONNECT_TIMEOUT,
      // Made once: to parse roots and keys again for each connection is most of what a connection costs.
      secureContext: createSecureContext({
        ...(ca === undefined ? {} : { ca }),
        ...(certificate === undefined ? {} : { cert: certificate }),
        ...(key === undefined ? {} : { key }),
      }),
      ...(config.serverName === undefined ? {} : { servername: config.serverName }),
      ...(config.skipTlsVerify ? { rejectUnauthorized: false } : {}),
    },
    connections: MOST_CONNECTIONS,
    autoSelectFamily: true,
    keepAliveTimeout: IDLE_CONNECTION,
    allowH2: false,
  });
}
