import { Hono } from 'hono';
import type { HttpEnv } from './source.ts';

export interface StatusApiOptions {
  /** What `evercert status -o json` prints; nothing secret. */
  readonly status: () => Promise<object>;
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
