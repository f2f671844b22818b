import { isDeepStrictEqual } from 'node:util';
import type { Config, LoadedConfig } from '../config/config.ts';
import { DomainErrors, messageOf } from '../core/error.ts';
import { loadSource } from './config-source.ts';
import type { Apis, ServeParts } from './serve-apis.ts';

export interface ReloadParts extends ServeParts {
  readonly apis: Apis;
  readonly reloads: AsyncIterable<unknown> | undefined;
}

/** What a running server cannot change: it says so, and goes on with what it has. */
const NEEDS_RESTART: Readonly<Record<string, (config: Config) => unknown>> = {
  data: ({ data }) => data,
  'zone.name': ({ zone }) => zone?.name,
  database: ({ database, acmeDnsDatabase }) => [database, acmeDnsDatabase],
  dns: ({ dns }) => dns,
  'api.listen': ({ api }) => api.listeners,
  'api.status_listen': ({ api }) => api.statusListeners,
  'api.proxy_protocol': ({ api }) => [api.proxyProtocol, api.proxyProtocol ? api.trustedProxies : []],
  'api.max_connections': ({ api }) => api.maxConnections,
  'api.max_connections_per_address': ({ api }) => api.maxConnectionsPerAddress,
  'api.tls': ({ api }) => api.tls,
  log: ({ log }) => log,
};

/**
 * Runs `work` with the configuration, and anew with each new one, until the signal aborts. A configuration with faults is told and not
 * taken: what is served stays as it is.
 */
export async function followReloads(
  parts: ReloadParts,
  work: (parts: ServeParts, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let { loaded } = parts;
  let changed = new AbortController();

  async function follow(): Promise<void> {
    for await (const _ of parts.reloads ?? []) {
      const next = await takeOver(parts, loaded);
      if (next === undefined) continue;
      loaded = next;
      changed.abort(new DOMException('the configuration has changed', 'AbortError'));
    }
  }
  const following = follow();
  // It ends with the signal.
  following.catch(() => {});
  while (!signal.aborted) {
    changed = new AbortController();
    await work({ ...parts, loaded }, AbortSignal.any([signal, changed.signal]));
  }
}

/** The configuration as it is now, put to use as far as that goes without a restart; undefined when it has faults. */
async function takeOver(parts: ReloadParts, before: LoadedConfig): Promise<LoadedConfig | undefined> {
  const { source, server, apis, logger } = parts;
  try {
    const next = await loadSource(source);
    const { zone, otherZones } = next.config;
    const kept = Object.entries(NEEDS_RESTART).flatMap(([key, part]) =>
      isDeepStrictEqual(part(next.config), part(before.config)) ? [] : [key],
    );
    if (zone !== undefined && zone.name === before.config.zone?.name) await server?.replaceRecords(zone, otherZones);
    apis.replace(next);
    for (const warning of next.warnings) logger.warn('configuration', { warning });
    if (kept.length > 0) logger.warn('some changes of the configuration need a restart', { keys: kept });
    logger.info('configuration taken over');
    return next;
  } catch (error) {
    const faults = error instanceof DomainErrors ? error.errors.map(messageOf) : [messageOf(error)];
    for (const fault of faults) logger.error('configuration not taken over', { error: fault });
    return undefined;
  }
}
