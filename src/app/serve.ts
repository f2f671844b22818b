import { existsSync } from 'node:fs';
import type { ZoneEvent } from '../acmedns/follow-changes.ts';
import type { LoadedConfig } from '../config/config.ts';
import { assertNever } from '../core/assert-never.ts';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { DomainError, messageOf } from '../core/error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { startChallengeServer } from './challenge-server.ts';
import type { ChallengeServer } from './challenge-server.ts';
import { loadSource } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { hasStore, lockOrThrow, openDataFolder, SERVE_LOCK } from './data-folder.ts';
import type { DataFolder } from './data-folder.ts';
import { dnsOptions } from './dns-options.ts';
import { openLogger } from './open-logger.ts';
import { version } from './version.ts';
import { waitForShared } from './wait-for-shared.ts';
import { whenStoreIsThere } from './when-store-is-there.ts';
import { withCleanup } from './with-cleanup.ts';

/** What is being served, once everything listens. */
export interface Serving {
  readonly dns: readonly { readonly address: string; readonly port: number; readonly transport: string }[];
  readonly api: readonly { readonly address: string; readonly port: number }[];
}

export interface ServeOptions {
  readonly clock?: Clock;
  /** Told once, when everything listens. */
  readonly onReady?: (serving: Serving) => void;
  /** Each value: the configuration is read again (SIGHUP). */
  readonly reloads?: AsyncIterable<unknown>;
}

/**
 * `evercert serve`: DNS first, then the API, then the certificates, until the signal aborts. What is not needed for DNS is loaded only
 * when DNS answers.
 * @throws DomainError `lock-held`, `port-in-use`, ...: nothing is left running
 */
export async function serve(source: ConfigSource, signal: AbortSignal, options: ServeOptions = {}): Promise<void> {
  const { clock = systemClock, onReady, reloads } = options;
  const loaded = await loadSource(source);
  const { config } = loaded;
  checkSomethingToServe(loaded);
  await withCleanup(async (later) => {
    let opened: Promise<Logger> | undefined;
    const theLogger = () => (opened ??= openLogger(loaded, source));
    const waiting = (error: DomainError) =>
      void theLogger().then((logger) => logger.error('waiting for the database', { error: error.message }));
    const open = () => openDataFolder(config.data, loaded);
    const folder = await whenStoreIsThere(open, clock, signal, waiting);
    if (folder === undefined) return;
    later(() => folder.close());
    const lock = lockOrThrow(folder, SERVE_LOCK, 'serves');
    later(() => lock.release());
    const { promise: loggerReady, resolve: hasLogger } = Promise.withResolvers<Logger>();
    const server = await startDns(loaded, folder, clock, loggerReady);
    if (server !== undefined) later(() => server.stop());
    const logger = await theLogger();
    hasLogger(logger);
    for (const warning of loaded.warnings) logger.warn('configuration', { warning });
    const { createMetrics } = await import('../telemetry/metrics.ts');
    const metrics = await createMetrics();
    if (server !== undefined) metrics.watchDns(server.dns.counters);
    const parts = { loaded, source, folder, server, metrics, logger, clock };
    const { startApis } = await import('./serve-apis.ts');
    const apis = await startApis(parts, signal);
    later(() => apis.stop());
    const serving = { dns: server?.dns.addresses ?? [], api: apis.addresses };
    logger.info('serving', { version: version(), zone: config.zone?.name, ...serving });
    onReady?.(serving);
    const { serveCertificates } = await import('./serve-certificates.ts');
    const { followReloads } = await import('./follow-reloads.ts');
    await (server && untilLoaded(server, signal));
    await followReloads({ ...parts, apis, reloads }, serveCertificates, signal);
    logger.info('stopping');
  });
}

/** Where acme-dns looks for its configuration. It is not taken unasked: with it comes a database that others may be using. */
const ACME_DNS_FILES = ['/etc/acme-dns/config.cfg', './config.cfg'];

/** @throws DomainError `invalid-config`: a server that would do nothing, for ever, is not what anybody wants */
function checkSomethingToServe({ config }: LoadedConfig): void {
  if (config.zone !== undefined || config.certificates.length > 0 || hasStore(config)) return;
  const found = ACME_DNS_FILES.find((file) => existsSync(file));
  const hint =
    found === undefined
      ? 'give a configuration with a [zone] or a [[certificate]] (--config FILE)'
      : `to take over from acme-dns, give its configuration (--config ${found})`;
  throw new DomainError('invalid-config', `there is nothing to serve: ${hint}`);
}

async function startDns(
  loaded: LoadedConfig,
  folder: DataFolder,
  clock: Clock,
  loggerReady: Promise<Logger>,
): Promise<ChallengeServer | undefined> {
  const { zone } = loaded.config;
  if (zone === undefined) return undefined;
  const onFault = (error: unknown) =>
    void loggerReady.then((logger) => logger.error('DNS worker failed', { error: messageOf(error) }));
  const onZoneEvent = (event: ZoneEvent) => void loggerReady.then((logger) => logZoneEvent(logger, event));
  const options = { ...dnsOptions(loaded), zone, store: folder.zoneStore, clock, onFault, onZoneEvent };
  const server = await startChallengeServer(options);
  if (server.dns.withoutIPv6)
    void loggerReady.then((logger) => logger.warn('this machine has no IPv6: DNS is served over IPv4 alone'));
  void tellLoaded(server, loggerReady);
  return server;
}

function logZoneEvent(logger: Logger, event: ZoneEvent): void {
  switch (event.kind) {
    case 'store-lost':
      logger.error('database lost: what is known is still answered, and nothing can be changed', {
        error: event.error.message,
      });
      return;
    case 'store-back':
      logger.info('database is back');
      return;
    case 'label-fault':
      logger.warn('a label cannot be served', { label: event.subdomain, error: event.error.message });
      return;
    default:
      assertNever(event);
  }
}

/** A server whose database has gone in this moment can be stopped as well. */
async function untilLoaded(server: ChallengeServer, signal: AbortSignal): Promise<void> {
  try {
    await waitForShared(server.loaded, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function tellLoaded(server: ChallengeServer, loggerReady: Promise<Logger>): Promise<void> {
  // Whoever waits for the names sees a failure; it ends the server.
  const loaded = await server.loaded.catch(() => undefined);
  if (loaded === undefined) return;
  const { served, unusable } = loaded;
  const logger = await loggerReady;
  logger.info('challenge zone loaded', { names: served });
  if (unusable.length > 0)
    logger.warn('labels that are no DNS names are not served', { labels: unusable.slice(0, 10) });
}
