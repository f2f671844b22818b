import type { LoadedConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/error.ts';
import type { CallReport } from '../http/call.ts';
import type { HttpServer } from '../http/listener.ts';
import { auditCalls } from '../telemetry/audit-log.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createAccountCount } from './account-count.ts';
import { apiTlsFiles, firstApiTls } from './api-certificate.ts';
import type { ChallengeServer } from './challenge-server.ts';
import type { ConfigSource } from './config-source.ts';
import type { DataFolder } from './data-folder.ts';
import { startApi, startStatusApi } from './start-api.ts';
import { statusOf } from './status.ts';
import { followTlsFiles } from './tls-files.ts';

export interface ServeParts {
  readonly loaded: LoadedConfig;
  readonly source: ConfigSource;
  readonly folder: DataFolder;
  /** undefined where somebody else's acme-dns server answers. */
  readonly server: ChallengeServer | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The HTTP listeners of `evercert serve`. */
export interface Apis {
  readonly addresses: HttpServer['addresses'];
  /** Answers by another configuration, on the same listeners. */
  replace(loaded: LoadedConfig): void;
  stop(): Promise<void>;
}

/** All listeners of the configuration, or none. @throws DomainError `port-in-use`, `file-not-readable`, `invalid-certificate` */
export async function startApis(parts: ServeParts, signal: AbortSignal): Promise<Apis> {
  const { server, metrics, logger, folder, clock } = parts;
  let { loaded } = parts;
  const { api } = loaded.config;
  const started: HttpServer[] = [];
  const end = new AbortController();
  let following: Promise<void> = Promise.resolve();
  let replaceApi: ((next: LoadedConfig) => void) | undefined;
  const stop = async (grace?: number): Promise<void> => {
    end.abort();
    await following.catch(() => {});
    for (const listener of started.splice(0).toReversed()) await listener.stop(grace);
  };
  try {
    if (server !== undefined && api.listeners.length > 0) {
      const report = (error: unknown) => logger.error('API call failed', { error: messageOf(error) });
      const files = api.tls && apiTlsFiles(api.tls, folder);
      const tls = api.tls && files && (await firstApiTls(api.tls, files, clock));
      const audit = auditCalls(logger);
      const observe = (call: CallReport) => {
        metrics.recordCall(call);
        audit(call);
      };
      metrics.watchAccounts(createAccountCount(folder.zoneStore, clock));
      const listener = await startApi({ loaded, server, folder, clock, tls }, { observe, report }, signal);
      started.push(listener);
      replaceApi = (next) => listener.replace(next);
      if (files !== undefined && tls !== undefined) {
        const onNew = (material: typeof tls) => {
          listener.replaceTls(material);
          logger.info('API certificate replaced', { file: files.certificateFile });
        };
        const onFault = (error: unknown) => logger.error('API certificate not usable', { error: messageOf(error) });
        following = followTlsFiles(files, tls, { clock, onNew, onFault }, end.signal);
        following.catch(() => {});
      }
    }
    if (api.statusListeners.length > 0) {
      const status = () => statusOf({ ...parts, loaded }, signal);
      started.push(await startStatusApi(api, { status, metricsText: metrics.text }));
    }
  } catch (error) {
    await stop(0);
    throw error;
  }
  return {
    addresses: started.flatMap(({ addresses }) => addresses),
    replace(next) {
      replaceApi?.(next);
      loaded = next;
    },
    stop,
  };
}
