import { Hono } from 'hono';

/** How a program is: what a kubelet asks for. */
export interface HealthOptions {
  /** Why it should be started anew; undefined when it lives. */
  readonly fault: () => string | undefined;
  /** What it still waits for before it can do its work; undefined when it is ready. */
  readonly waitsFor: () => string | undefined;
}

/** GET /livez, /readyz and /healthz: 200 `ok`, or 503 with the reason in words. */
export function createHealthApi({ fault, waitsFor }: HealthOptions): Hono {
  const app = new Hono();
  const answer = (why: string | undefined) => new Response(why ?? 'ok', { status: why === undefined ? 200 : 503 });
  app.get('/livez', () => answer(fault()));
  app.get('/healthz', () => answer(fault()));
  app.get('/readyz', () => answer(fault() ?? waitsFor()));
  return app;
}

/** The media type of Prometheus' text format 0.0.4. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** GET /metrics. */
export function createMetricsApi(text: () => Promise<string>): Hono {
  const app = new Hono();
  app.get('/metrics', async (c) => c.body(await text(), 200, { 'content-type': METRICS_TYPE }));
  return app;
}
