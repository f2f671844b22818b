/** How a program is: what a kubelet asks for. */
export interface HealthOptions {
  /** Why it should be started anew; undefined when it lives. */
  readonly fault: () => string | undefined;
  /** What it still waits for before it can do its work; undefined when it is ready. */
  readonly waitsFor: () => string | undefined;
}

/** What startHttp serves. A few fixed paths need no router, and a controller that loads none rests in 2 MB less. */
export interface FixedPaths {
  fetch(request: Request): Promise<Response>;
}

/** GET /livez, /readyz and /healthz: 200 `ok`, or 503 with the reason in words. */
export function createHealthApi({ fault, waitsFor }: HealthOptions): FixedPaths {
  const answer = (why: string | undefined) => new Response(why ?? 'ok', { status: why === undefined ? 200 : 503 });
  return fixedPaths({
    '/livez': () => answer(fault()),
    '/healthz': () => answer(fault()),
    '/readyz': () => answer(fault() ?? waitsFor()),
  });
}

/** The media type of Prometheus' text format 0.0.4. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** GET /metrics. */
export function createMetricsApi(text: () => Promise<string>): FixedPaths {
  return fixedPaths({
    '/metrics': async () => new Response(await text(), { headers: { 'content-type': METRICS_TYPE } }),
  });
}

function fixedPaths(answers: Readonly<Record<string, () => Response | Promise<Response>>>): FixedPaths {
  return {
    async fetch({ method, url }) {
      const { pathname } = new URL(url);
      const answer = Object.hasOwn(answers, pathname) ? answers[pathname] : undefined;
      if (answer === undefined) return new Response('404 Not Found', { status: 404 });
      if (method !== 'GET' && method !== 'HEAD') {
        return new Response('405 Method Not Allowed', { status: 405, headers: { allow: 'GET, HEAD' } });
      }
      return answer();
    },
  };
}
