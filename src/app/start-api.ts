import type { ApiConfig, LoadedConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { portHolder } from '../dns/port-holder.ts';
import type { ApiOptions } from '../http/api.ts';
import type { HttpServer, TlsMaterial } from '../http/listener.ts';
import type { StatusApiOptions } from '../http/status-api.ts';
import { answerHere } from './answering.ts';
import type { ChallengeServer } from './challenge-server.ts';

export interface ApiParts {
  readonly loaded: LoadedConfig;
  readonly server: ChallengeServer;
  readonly clock: Clock;
  /** HTTPS with it; replaced later by `replaceTls`. */
  readonly tls?: TlsMaterial | undefined;
}

/**
 * The acme-dns API of the challenge zone, on the listeners of the configuration.
 * @throws DomainError `port-in-use`
 */
export async function startApi(
  parts: ApiParts,
  telling: Pick<ApiOptions, 'observe' | 'report'>,
  signal: AbortSignal,
): Promise<HttpServer> {
  const { loaded, server, clock, tls } = parts;
  const { api } = loaded.config;
  const [{ createApi }, { startHttp }, { apiOptions, connectionOptions, storageOptions }] = await Promise.all([
    import('../http/api.ts'),
    import('../http/listener.ts'),
    import('./api-options.ts'),
  ]);
  const look = async () => (await answerHere(loaded, server, clock)).look;
  const app = createApi({
    zone: server.zone,
    clock,
    ...apiOptions(loaded),
    storage: storageOptions({ loaded, look, signal }),
    ...telling,
  });
  return startHttp({ listeners: api.listeners, app, tls, describeHolder, ...connectionOptions(loaded) });
}

/** /status and /metrics, on listeners of their own. @throws DomainError `port-in-use` */
export async function startStatusApi(config: ApiConfig, what: StatusApiOptions): Promise<HttpServer> {
  const [{ createStatusApi }, { startHttp }] = await Promise.all([
    import('../http/status-api.ts'),
    import('../http/listener.ts'),
  ]);
  return startHttp({ listeners: config.statusListeners, app: createStatusApi(what), describeHolder });
}

async function describeHolder({ port }: { port: number }): Promise<string | undefined> {
  const holder = portHolder('tcp', port);
  return holder && `${holder.program} (process ${holder.pid})`;
}
