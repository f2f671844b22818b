import type { Clock } from '../../core/clock.ts';
import { createApiCall } from './api-call.ts';
import type { KubeClient } from './client.ts';
import type { KubeConfig } from './kube-config.ts';
import { createReadCalls } from './read-calls.ts';
import { createServerCalls } from './server-calls.ts';
import { createTransport } from './transport.ts';
import { createWriteCalls } from './write-calls.ts';

export interface KubeClientOptions {
  readonly config: KubeConfig;
  readonly clock: Clock;
  /** Who we are in the server's audit log, and (up to the slash) the field manager of writes that name none. */
  readonly userAgent: string;
  /** Calls a second in the long run, and at once after a pause: `--kube-api-qps`, `--kube-api-burst`. */
  readonly qps?: number;
  readonly burst?: number;
  /** ms for one call that is no watch; default 30 s. */
  readonly timeout?: number;
}

/** As with cert-manager. */
const DEFAULT_QPS = 20;
const DEFAULT_BURST = 50;
const CALL_TIMEOUT = 30_000;

/** The client of one API server. Nothing is connected until the first call. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const { config, clock, userAgent, qps = DEFAULT_QPS, burst = DEFAULT_BURST, timeout = CALL_TIMEOUT } = options;
  const transport = createTransport({ config, clock, userAgent, timeout });
  const call = createApiCall(transport, config.server, { qps, burst, clock });
  return {
    ...createReadCalls(call, transport),
    ...createWriteCalls(call),
    ...createServerCalls(call, config.server),
    close: () => transport.close(),
  };
}
