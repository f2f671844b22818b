import { readFile } from 'node:fs/promises';
import type { ChallengeZone } from '../acmedns/challenge-zone.ts';
import type { ApiConfig, ApiTls } from '../config/config.ts';
import { DomainError, messageOf } from '../core/error.ts';
import { portHolder } from '../dns/port-holder.ts';
import type { ApiOptions } from '../http/api.ts';
import type { HttpServer, TlsMaterial } from '../http/listener.ts';
import type { StatusApiOptions } from '../http/status-api.ts';

/** The acme-dns API of a zone, on the listeners of the configuration. @throws DomainError `port-in-use`, `file-not-readable` */
export async function startApi(
  config: ApiConfig,
  zone: ChallengeZone,
  telling: Pick<ApiOptions, 'observe' | 'report'> = {},
): Promise<HttpServer> {
  const [{ createApi }, { startHttp }, { createFindSource }] = await Promise.all([
    import('../http/api.ts'),
    import('../http/listener.ts'),
    import('../http/source.ts'),
  ]);
  const app = createApi({
    zone,
    registration: { kind: config.registration },
    corsOrigins: config.corsOrigins,
    findSource: createFindSource({ header: config.sourceHeader }),
    ...telling,
  });
  const tls = config.tls && (await readTls(config.tls));
  return startHttp({ listeners: config.listeners, app, tls, describeHolder });
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

async function readTls(tls: ApiTls): Promise<TlsMaterial> {
  if (tls.kind === 'acme') {
    const why = 'this version cannot get the certificate of the API by itself: give tls_cert and tls_key, or a proxy';
    throw new DomainError('invalid-config', why);
  }
  const { certificateFile, keyFile } = tls;
  try {
    return { cert: await readFile(certificateFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
  } catch (error) {
    throw new DomainError('file-not-readable', `the TLS files of the API cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
