import { randomUUID } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { DomainError, messageOf } from '../core/error.ts';
import type { HttpAddress } from '../http/listen.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { createEventRecorder } from '../kube/api/event-recorder.ts';
import { createKubeClient } from '../kube/api/kube-client.ts';
import { fencedClient } from '../kube/api/fenced-client.ts';
import { runAsLeader } from '../kube/api/lease.ts';
import { loadKubeConfig } from '../kube/api/load-kube-config.ts';
import { createCertificateController } from '../kube/certificate/certificate-controller.ts';
import type { KubeDeps, KubePart } from '../kube/deps.ts';
import { createIssuerController } from '../kube/issuer/issuer-controller.ts';
import type { KubeOptions } from '../kube/options.ts';
import { createRequestController } from '../kube/request/request-controller.ts';
import { certificateResource } from '../kube/schema/certificate.ts';
import type { Logger, LogLevel } from '../telemetry/logger.ts';
import type { KubeMetrics } from '../telemetry/kube-metrics.ts';
import { openKubeAcme } from './kube-acme.ts';
import type { KubeAcme, KubeAcmeOptions } from './kube-acme.ts';
import { startKubeHttp } from './kube-http.ts';
import type { KubeListeners } from './kube-http.ts';
import { createKubeInformers } from './kube-informers.ts';
import type { KubeInformers } from './kube-informers.ts';
import { issuerSupports } from './kube-issuers.ts';
import type { IssuerSupportFactory } from './kube-issuers.ts';
import { createKubeMetricsOf, issuerLabelsOf } from './kube-metrics.ts';
import { createKubeShims } from './kube-shims.ts';
import type { KubeShimOptions, KubeShims } from './kube-shims.ts';
import { runKubeWebhook } from './kube-webhook.ts';
import { keepHeapSmall } from './small-heap.ts';
import { version } from './version.ts';
import { withCleanup } from './with-cleanup.ts';

/** What `evercert kube controller` was asked for. Times in ms. */
export interface KubeControllerOptions {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly kube: KubeOptions;
  /** Calls a second of this process to the API server. */
  readonly rate: { readonly qps: number; readonly burst: number };
  readonly leaderElection:
    | {
        readonly namespace: string;
        readonly duration: number;
        readonly renewDeadline: number;
        readonly retryPeriod: number;
      }
    | undefined;
  readonly listeners: KubeListeners;
  readonly acme: KubeAcmeOptions;
  readonly shims: KubeShimOptions;
  /** Where the webhook listens that writes who asks into requests; undefined: the API server does it, or nobody. */
  readonly webhook?: HttpAddress | undefined;
  /** Controllers that are not to run, by cert-manager's names for them. */
  readonly disabled: ReadonlySet<string>;
  readonly log: { readonly level: LogLevel; readonly format: 'auto' | 'text' | 'json' };
  readonly warnings: readonly string[];
  /** In place of all types that there are; for tests. */
  readonly supports?: readonly IssuerSupportFactory[];
  /** Stands between the controllers and the API server; for tests that end the process at a certain call. */
  readonly wrapClient?: (client: KubeClient) => KubeClient;
  readonly clock?: Clock;
}

/**
 * `evercert kube controller`: everything that makes Certificates of a cluster come true, until the signal aborts.
 * @throws DomainError `invalid-kubeconfig`, `port-in-use`, `kube-lease-lost`: nothing is left running
 */
export async function runKubeController(options: KubeControllerOptions, signal: AbortSignal): Promise<void> {
  const { clock = systemClock, wrapClient = (client) => client } = options;
  await withCleanup(async (later) => {
    const logger = await openLogger(options);
    for (const warning of options.warnings) logger.warn('configuration', { warning });
    const config = await loadKubeConfig({ file: options.kubeconfig, context: options.context }, options.environment);
    const client = wrapClient(createKubeClient({ config, clock, userAgent: `evercert/${version()}`, ...options.rate }));
    later(() => client.close());
    const informers = createKubeInformers(client, {
      namespace: options.kube.namespace,
      clock,
      onError: (error, what) => logger.warn('cannot read from the API server', { what, error: messageOf(error) }),
    });
    const shims = createKubeShims(client, options.shims, { namespace: options.kube.namespace, clock, logger });
    const metrics = await createKubeMetricsOf(informers, () => clock.now());
    const acme = await openKubeAcme(options.acme, {
      client,
      informers,
      clock,
      logger,
      observe: (exchange) => metrics.recordExchange(exchange),
    });
    later(() => acme.stop());
    if (acme.dnsAddress !== undefined) logger.info('serving DNS', { ...acme.dnsAddress });
    const http = await startKubeHttp(options.listeners, {
      fault: () => undefined,
      waitsFor: () => waitsFor(informers),
      metricsText: metrics.text,
    });
    later(() => http.stop());
    logger.info('starting', { version: version(), ...http.addresses });
    void warnOfMissingDefinitions(client, logger, signal);
    // Not before: V8 takes no compiled code from its cache that was compiled under other flags.
    later(keepHeapSmall());
    const namespace = config.namespace ?? options.kube.clusterResourceNamespace;
    await work({ options, namespace, clock, logger, client, informers, metrics, acme, shims }, signal);
    logger.info('stopping');
  });
}

interface World {
  readonly options: KubeControllerOptions;
  /** Where this process runs. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly client: KubeClient;
  readonly informers: KubeInformers;
  readonly metrics: KubeMetrics;
  readonly acme: KubeAcme;
  readonly shims: KubeShims;
}

/** Informers run all the time, controllers while this process leads. The first failure ends all of it. */
async function work(world: World, signal: AbortSignal): Promise<void> {
  const { options, namespace, clock, client, logger, informers, shims } = world;
  const { webhook: listener } = options;
  const identity = `${hostname()}_${randomUUID()}`;
  const stop = new AbortController();
  const running = AbortSignal.any([signal, stop.signal]);
  const lead = async (leading: AbortSignal, acting = client) => {
    logger.info('leading', { identity });
    await Promise.race([informers.synced, aborted(leading)]);
    if (leading.aborted) return;
    await runParts(createParts({ ...world, client: acting }, identity), leading);
  };
  const leading =
    options.leaderElection === undefined
      ? lead(running)
      : runAsLeader(
          {
            ...options.leaderElection,
            client,
            identity,
            clock,
            onError: (error) => logger.warn('lease', { error: messageOf(error) }),
            onLeader: (leader) => logger.info('leader', { leader }),
          },
          (fence) => lead(fence.signal, fencedClient(client, fence)),
          running,
        );
  try {
    await Promise.all([
      informers.run(running),
      shims.run(running),
      ...(listener === undefined ? [] : [runKubeWebhook({ listener, namespace, client, clock, logger }, running)]),
      leading.finally(() => stop.abort(new DOMException('ended', 'AbortError'))),
    ]);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function runParts(parts: readonly KubePart[], signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const running = AbortSignal.any([signal, stop.signal]);
  await Promise.all(
    parts.map(async (part) => {
      try {
        await part.run(running);
      } finally {
        // One that has ended would be missed by nobody: all end, and the process is started anew.
        stop.abort(new DOMException(`${part.name} has ended`, 'AbortError'));
      }
    }),
  );
}

function createParts(world: World, instance: string): KubePart[] {
  const { options, clock, logger, client, informers, metrics, acme, shims } = world;
  const events = createEventRecorder({
    client,
    clock,
    component: 'cert-manager',
    instance,
    onError: (error) => logger.debug('event', { error: messageOf(error) }),
  });
  const deps: KubeDeps = {
    ...informers,
    client,
    clock,
    events,
    options: options.kube,
    report: (error, controller, key) => reportFailure(logger, error, controller, key),
    observe: metrics.observer,
  };
  const supports = (options.supports ?? [...issuerSupports, acme.support]).map((create) => create(deps));
  const setups = new Map(supports.map(({ type, setup }) => [type, setup]));
  const signers = new Map(supports.map(({ type, signer }) => [type, signer]));
  const isOn = (name: string) => !options.disabled.has(name);
  return [
    { name: 'events', run: (signal) => events.run(signal) },
    createRequestController(deps, signers),
    ...(isOn('issuers') ? [createIssuerController(deps, informers.issuers, setups)] : []),
    ...(isOn('clusterissuers') && options.kube.namespace === undefined
      ? [createIssuerController(deps, informers.clusterIssuers, setups)]
      : []),
    ...(isOn('certificates')
      ? [
          createCertificateController(deps, {
            keySlots: availableParallelism(),
            issued: ({ spec }, milliseconds) => metrics.recordIssued(issuerLabelsOf(spec.issuerRef), milliseconds),
            failed: ({ spec }, reason) => metrics.recordFailed(issuerLabelsOf(spec.issuerRef), reason),
          }),
        ]
      : []),
    ...supports.flatMap(({ parts = [] }) => parts),
    ...shims.parts(deps),
  ];
}

function reportFailure(logger: Logger, error: unknown, controller: string, key: string): void {
  const code = error instanceof DomainError ? error.code : 'internal';
  const stack = error instanceof Error && !(error instanceof DomainError) ? { stack: error.stack } : {};
  logger.warn('will be tried again', { controller, key, code, error: messageOf(error), ...stack });
}

function waitsFor(informers: KubeInformers): string | undefined {
  const missing = informers.missing();
  return missing.length === 0 ? undefined : `not read from the API server yet: ${missing.join(', ')}`;
}

/** The most common mistake of a first installation, said in words once. */
async function warnOfMissingDefinitions(client: KubeClient, logger: Logger, signal: AbortSignal): Promise<void> {
  const isThere = await client.hasResource(certificateResource, { signal }).catch(() => true);
  if (isThere) return;
  logger.error('the API server does not know Certificates', {
    hint: 'install the CustomResourceDefinitions: kubectl apply --server-side -f deploy/crds.yaml',
  });
}

async function openLogger({ log, environment }: KubeControllerOptions): Promise<Logger> {
  const { createLogger, logToStandardError } = await import('../telemetry/logger.ts');
  return createLogger({ level: log.level, ...logToStandardError(log.format, environment) });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
