import type { ApiConfig, LoadedConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { portHolder } from '../dns/port-holder.ts';
import type { ApiOptions } from '../http/api.ts';
import type { HttpServer, TlsMaterial } from '../http/listener.ts';
import type { StatusApiOptions } from '../http/status-api.ts';
import { answerHere } from './answering.ts';
import type { ChallengeServer } from './challenge-server.ts';
import type { DataFolder } from './data-folder.ts';
import { createLazyKeeper } from './lazy-keeper.ts';

export interface ApiParts {
  readonly loaded: LoadedConfig;
  readonly server: ChallengeServer;
  readonly folder: Pick<DataFolder, 'openKeptAccounts'>;
  readonly clock: Clock;
  /** HTTPS with it; replaced later by `replaceTls`. */
  readonly tls?: TlsMaterial | undefined;
}

export interface ApiServer extends HttpServer {
  /** Answers by another configuration. Its listeners, and what a connection may cost, stay as they are. */
  replace(loaded: LoadedConfig): void;
}

/**
 * The acme-dns API of the challenge zone, on the listeners of the configuration.
 * @throws DomainError `port-in-use`
 */
export async function startApi(
  parts: ApiParts,
  telling: Pick<ApiOptions, 'observe' | 'report'>,
  signal: AbortSignal,
): Promise<ApiServer> {
  const { server, folder, clock, tls } = parts;
  const { api } = parts.loaded.config;
  const [{ createApi }, { startHttp }, { apiOptions, connectionOptions, storageOptions }] = await Promise.all([
    import('../http/api.ts'),
    import('../http/listener.ts'),
    import('./api-options.ts'),
  ]);
  const keeper = createLazyKeeper(() => folder.openKeptAccounts());
  const appOf = (loaded: LoadedConfig) => {
    const look = async () => (await answerHere(loaded, server, clock)).look;
    const storage = storageOptions({ loaded, keeper, look, signal });
    return createApi({ zone: server.zone, clock, ...apiOptions(loaded), storage, ...telling });
  };
  let app = appOf(parts.loaded);
  const http = await startHttp({
    listeners: api.listeners,
    app: { fetch: (request, env) => app.fetch(request, env) },
    tls,
    describeHolder,
    ...connectionOptions(parts.loaded),
  });
  return { ...http, replace: (loaded) => void (app = appOf(loaded)) };
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
