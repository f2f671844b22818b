import type { Clock } from '../core/clock.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { createKubeClient } from '../kube/api/kube-client.ts';
import { loadKubeConfig } from '../kube/api/load-kube-config.ts';
import { version } from './version.ts';

/** How a command of a person reaches a cluster, as kubectl does. */
export interface KubeChoice {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
}

export interface KubeSession {
  readonly client: KubeClient;
  /** The one that was asked for, or that of the context. */
  readonly namespace: string;
}

/** Nothing that a person types needs more calls than these. */
const RATE = { qps: 100, burst: 200 };

/** @throws DomainError `invalid-kubeconfig`, and what the work throws */
export async function withCluster<T>(
  choice: KubeChoice,
  clock: Clock,
  work: (session: KubeSession) => Promise<T>,
): Promise<T> {
  const { kubeconfig, context, environment } = choice;
  const config = await loadKubeConfig({ file: kubeconfig, context }, environment);
  const client = createKubeClient({ config, clock, userAgent: `evercert/${version()}`, ...RATE });
  try {
    return await work({ client, namespace: choice.namespace ?? config.namespace ?? 'default' });
  } finally {
    await client.close();
  }
}
