import type { FixedPaths, HealthOptions } from '../http/health-api.ts';
import type { HttpAddress } from '../http/listen.ts';

/** Where health and metrics are answered; undefined: nowhere. */
export interface KubeListeners {
  readonly health: HttpAddress | undefined;
  readonly metrics: HttpAddress | undefined;
}

export interface KubeHttp {
  readonly addresses: { readonly health?: HttpAddress | undefined; readonly metrics?: HttpAddress | undefined };
  stop(): Promise<void>;
}

/** /livez and /readyz on one listener, /metrics on another, as cert-manager has them. @throws DomainError `port-in-use` */
export async function startKubeHttp(
  listeners: KubeListeners,
  what: HealthOptions & { readonly metricsText: () => Promise<string> },
): Promise<KubeHttp> {
  const [{ createHealthApi, createMetricsApi }, { startHttp }] = await Promise.all([
    import('../http/health-api.ts'),
    import('../http/listener.ts'),
  ]);
  const start = async (at: HttpAddress | undefined, app: FixedPaths) =>
    at === undefined ? undefined : startHttp({ listeners: [at], app });
  const health = await start(listeners.health, createHealthApi(what));
  try {
    const metrics = await start(listeners.metrics, createMetricsApi(what.metricsText));
    return {
      addresses: { health: health?.addresses[0], metrics: metrics?.addresses[0] },
      async stop() {
        await Promise.all([health?.stop(), metrics?.stop()]);
      },
    };
  } catch (error) {
    await health?.stop(0);
    throw error;
  }
}
