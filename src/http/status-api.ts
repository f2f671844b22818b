import { Hono } from 'hono';
import type { HttpEnv } from './source-addresses.ts';

/** One certificate as anyone who may see the status page may see it: no keys, no accounts. */
export interface CertificateStatus {
  readonly id: string;
  readonly names: readonly string[];
  readonly ca: string;
  /** A word for scripts: `valid`, `issuing`, `waiting-for-cname`, `failed`, ... as app/ says. */
  readonly state: string;
  /** A sentence for a person. */
  readonly message: string;
  /** RFC 3339, as all times here. */
  readonly notAfter?: string | undefined;
  readonly renewAt?: string | undefined;
  readonly retryAt?: string | undefined;
  /** The records that a person has to add at the DNS provider. */
  readonly records: readonly {
    readonly name: string;
    readonly type: 'CNAME';
    readonly target: string;
    readonly seen: boolean;
  }[];
}

export interface StatusReport {
  readonly version: string;
  readonly zone: string | undefined;
  readonly certificates: readonly CertificateStatus[];
}

export interface StatusApiOptions {
  readonly status: () => StatusReport | Promise<StatusReport>;
  /** Prometheus text exposition. */
  readonly metricsText: () => Promise<string>;
}

/** The media type of Prometheus' text format 0.0.4. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** GET /status and GET /metrics. It names every certificate: give it a listener that only its operator reaches. */
export function createStatusApi(options: StatusApiOptions): Hono<{ Bindings: HttpEnv }> {
  const app = new Hono<{ Bindings: HttpEnv }>();
  app.get('/status', async (c) => c.json(await options.status(), 200, { 'cache-control': 'no-store' }));
  app.get('/metrics', async (c) => c.body(await options.metricsText(), 200, { 'content-type': METRICS_TYPE }));
  return app;
}
