import type { LoadedConfig } from '../config/config.ts';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/error.ts';
import type { HttpServer } from '../http/listener.ts';
import { logEvents } from '../telemetry/event-log.ts';
import { combineSinks } from '../telemetry/event-sinks.ts';
import { createLogger, logToStandardError } from '../telemetry/logger.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { answerHere, dnsOptions, openAnswering } from './answering.ts';
import { startChallengeServer } from './challenge-server.ts';
import type { ChallengeServer } from './challenge-server.ts';
import { loadSource } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { lockOrThrow, openDataFolder, SERVE_LOCK } from './data-folder.ts';
import type { DataFolder } from './data-folder.ts';
import { keepCurrent } from './keep-current.ts';
import { startApi, startStatusApi } from './start-api.ts';
import { statusOf } from './status.ts';
import { version } from './version.ts';
import { createWorkshops } from './workshops.ts';
import { listWanted } from './wanted-certificates.ts';
import type { Wanted } from './wanted-certificates.ts';

/** What is being served, once everything listens. */
export interface Serving {
  readonly dns: readonly { readonly address: string; readonly port: number; readonly transport: string }[];
  readonly api: readonly { readonly address: string; readonly port: number }[];
}

export interface ServeOptions {
  readonly clock?: Clock;
  /** Told once, when everything listens. */
  readonly onReady?: (serving: Serving) => void;
}

/**
 * `evercert serve`: DNS first, then the API, then the certificates, until the signal aborts.
 * @throws DomainError `lock-held`, `port-in-use`, ...: nothing is left running
 */
export async function serve(source: ConfigSource, signal: AbortSignal, options: ServeOptions = {}): Promise<void> {
  const { clock = systemClock, onReady } = options;
  const loaded = await loadSource(source);
  const { config } = loaded;
  const folder = await openDataFolder(config.data);
  const cleanups: (() => unknown)[] = [() => folder.close()];
  try {
    const lock = lockOrThrow(folder, SERVE_LOCK, 'serves');
    cleanups.unshift(() => lock.release());
    const loggerReady = createLogger({
      level: config.log.level,
      ...logToStandardError(config.log.format, source.environment),
    });
    const server = await startDns(loaded, folder, clock, loggerReady);
    if (server !== undefined) cleanups.unshift(() => server.stop());
    const logger = await loggerReady;
    for (const warning of loaded.warnings) logger.warn('configuration', { warning });
    const { createMetrics } = await import('../telemetry/metrics.ts');
    const metrics = await createMetrics();
    if (server !== undefined) metrics.watchDns(server.dns.counters);
    const api = await startApis({ loaded, folder, server, metrics, logger, clock, signal });
    for (const listener of api) cleanups.unshift(() => listener.stop());
    const serving = { dns: server?.dns.addresses ?? [], api: api.flatMap(({ addresses }) => addresses) };
    logger.info('serving', { version: version(), zone: config.zone?.name, ...serving });
    onReady?.(serving);
    await attendAll({ loaded, source, folder, server, metrics, logger, clock, signal });
    logger.info('stopping');
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
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
  const server = await startChallengeServer({ ...dnsOptions(loaded), zone, store: folder.zoneStore, clock, onFault });
  server.loaded.then(
    async ({ served, unusable }) => {
      const logger = await loggerReady;
      logger.info('challenge zone loaded', { names: served });
      if (unusable.length > 0)
        logger.warn('labels that are no DNS names are not served', { labels: unusable.slice(0, 10) });
    },
    async (error: unknown) => (await loggerReady).error('challenge zone not loaded', { error: messageOf(error) }),
  );
  return server;
}

interface Parts {
  readonly loaded: LoadedConfig;
  readonly folder: DataFolder;
  readonly server: ChallengeServer | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

async function startApis({ loaded, folder, server, metrics, logger, clock, signal }: Parts): Promise<HttpServer[]> {
  const { api } = loaded.config;
  const started: HttpServer[] = [];
  try {
    if (server !== undefined && api.listeners.length > 0) {
      const report = (error: unknown) => logger.error('API call failed', { error: messageOf(error) });
      started.push(await startApi(api, server.zone, { observe: metrics.recordCall, report }));
    }
    if (api.statusListeners.length > 0) {
      const status = () => statusOf(loaded, folder, clock, signal);
      started.push(await startStatusApi(api, { status, metricsText: metrics.text }));
    }
    return started;
  } catch (error) {
    for (const listener of started) await listener.stop(0);
    throw error;
  }
}

async function attendAll(parts: Parts & { readonly source: ConfigSource }): Promise<void> {
  const { loaded, source, folder, server, metrics, logger, clock, signal } = parts;
  const emit = combineSinks([logEvents(logger), metrics.recordEvent]);
  let all: readonly Wanted[] = [];
  const workshops = createWorkshops({
    source,
    folder,
    clock,
    emit,
    wanted: (id) => all.find(({ request }) => request.id === id),
    answer: (own) =>
      server === undefined || own.config.dns01.acmeDns !== undefined
        ? openAnswering(own, folder, clock)
        : answerHere(own, server, clock),
  });
  try {
    await keepCurrent(
      {
        clock,
        wanted: async () => (all = await listWanted(loaded.config, folder.wanted)),
        issuing: ({ settings }) => workshops.open(settings),
        onFault: (certificate, error) => logger.error('unexpected fault', { certificate, error: messageOf(error) }),
      },
      signal,
    );
  } finally {
    await workshops.close();
  }
}
