import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/error.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { experimentalListenerSets, gateways, listenerSets } from '../kube/api/gateway.ts';
import { createInformer } from '../kube/api/informer.ts';
import type { Informer } from '../kube/api/informer.ts';
import { ingresses } from '../kube/api/ingress.ts';
import type { KubeObject } from '../kube/api/object.ts';
import type { Resource } from '../kube/api/resource.ts';
import type { KubeDeps, KubePart } from '../kube/deps.ts';
import { awaitKind } from '../kube/shim/await-kind.ts';
import { createShimController } from '../kube/shim/shim-controller.ts';
import type { ShimOptions } from '../kube/shim/shim-options.ts';
import {
  gatewayIndexes,
  gatewaySource,
  ingressIndexes,
  ingressSource,
  listenerSetIndexes,
  listenerSetSource,
  slimIngress,
} from '../kube/shim/shim-sources.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What the flags of `evercert kube controller` say about certificates by annotation. */
export interface KubeShimOptions extends ShimOptions {
  readonly ingresses: boolean;
  readonly gateways: boolean;
  readonly listenerSets: boolean;
}

/** Certificates for what Ingresses, Gateways and ListenerSets ask for by annotation. Nothing else waits for it. */
export interface KubeShims {
  /** Keeps copies of those objects until the signal aborts, whether this process leads or not. */
  run(signal: AbortSignal): Promise<void>;
  parts(deps: KubeDeps): readonly KubePart[];
}

export function createKubeShims(
  client: KubeClient,
  options: KubeShimOptions,
  world: { readonly namespace: string | undefined; readonly clock: Clock; readonly logger: Logger },
): KubeShims {
  const { namespace, clock, logger } = world;
  const runs: ((signal: AbortSignal) => Promise<void>)[] = [];
  const parts: ((deps: KubeDeps) => KubePart)[] = [];

  function open<T extends KubeObject>(
    resource: Resource<T>,
    more: {
      readonly indexes: Readonly<Record<string, (object: T) => readonly string[]>>;
      readonly transform?: (object: T) => T;
    },
  ): Informer<T> {
    const what = resource.plural;
    const onError = (error: unknown) =>
      logger.warn('cannot read from the API server', { what, error: messageOf(error) });
    const informer = createInformer(client, resource, { namespace, clock, onError, ...more });
    const onWait = () => logger.info('waiting for a kind that is not installed', { what: `${what}.${resource.group}` });
    runs.push(async (signal) => {
      try {
        await awaitKind(resource, { client, clock, onWait, onError }, signal);
      } catch {
        return;
      }
      await informer.run(signal);
    });
    return informer;
  }

  if (options.ingresses) {
    const source = ingressSource(open(ingresses, { indexes: ingressIndexes, transform: slimIngress }));
    parts.push((deps) => createShimController(deps, source, options));
  }
  if (options.gateways || options.listenerSets) {
    const parents = open(gateways, { indexes: gatewayIndexes });
    if (options.gateways) parts.push((deps) => createShimController(deps, gatewaySource(parents, options), options));
    for (const kind of options.listenerSets ? [listenerSets, experimentalListenerSets] : []) {
      const source = listenerSetSource(open(kind, { indexes: listenerSetIndexes }), parents, { ...options, namespace });
      parts.push((deps) => createShimController(deps, source, options));
    }
  }

  return {
    async run(signal) {
      await Promise.all(runs.map((run) => run(signal)));
    },
    parts: (deps) => parts.map((create) => create(deps)),
  };
}
