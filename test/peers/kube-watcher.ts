import { events } from '../../src/kube/api/event-object.ts';
import type { KubeClient } from '../../src/kube/api/client.ts';
import { listAll } from '../../src/kube/api/list-all.ts';
import type { KubeObject } from '../../src/kube/api/object.ts';
import type { Resource } from '../../src/kube/api/resource.ts';
import { secrets } from '../../src/kube/api/secret.ts';
import { certificateRequestResource } from '../../src/kube/schema/certificate-request.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import { challengeResource } from '../../src/kube/schema/challenge.ts';
import { clusterIssuerResource, issuerResource } from '../../src/kube/schema/issuer.ts';
import { orderResource } from '../../src/kube/schema/order.ts';
import type { RecordedStep } from './kube-recording.ts';

/** What is seen of evercert, in the form in which cert-manager was recorded. */
export interface ClusterWatcher {
  readonly steps: readonly RecordedStep[];
  /** Until it is so with all that was seen, or after `timeout` ms all the same: what is missing then is for the test to say. */
  until(isSo: () => boolean, timeout?: number): Promise<void>;
  stop(): Promise<void>;
}

const TYPES = { added: 'ADDED', modified: 'MODIFIED', deleted: 'DELETED' } as const;

/** Watches everything that cert-manager writes, in all namespaces, until it is stopped. */
export async function watchCluster(client: KubeClient): Promise<ClusterWatcher> {
  const steps: RecordedStep[] = [];
  const looking = new Set<() => void>();
  const see = (step: RecordedStep): void => {
    steps.push(step);
    for (const look of looking) look();
  };
  const ending = new AbortController();
  const { signal } = ending;
  const watch = async <T extends KubeObject>(resource: Resource<T>): Promise<() => Promise<void>> => {
    let { resourceVersion } = await listAll(client, resource, {}, { signal });
    return async () => {
      while (!signal.aborted) {
        for await (const event of client.watch(resource, { resourceVersion }, { signal })) {
          if (event.type === 'bookmark') ({ resourceVersion } = event);
          if (event.type === 'bookmark' || event.type === 'unreadable') continue;
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
          const of = `${resource.kind}/${event.object.metadata.name}`;
          see({ type: TYPES[event.type], of, object: event.object });
        }
      }
    };
  };
  const watchEvents = async (): Promise<() => Promise<void>> => {
    let { resourceVersion } = await listAll(client, events, {}, { signal });
    return async () => {
      while (!signal.aborted) {
        for await (const event of client.watch(events, { resourceVersion }, { signal })) {
          if (event.type === 'bookmark') ({ resourceVersion } = event);
          if (event.type === 'bookmark' || event.type === 'unreadable') continue;
          const { involvedObject, type = '', reason = '', message = '', source, metadata } = event.object;
          resourceVersion = metadata.resourceVersion ?? resourceVersion;
          const { kind = '', name = '' } = involvedObject;
          see({
            type: 'EVENT',
            event: { kind, name, type, reason, message, component: source?.component ?? '' },
          });
        }
      }
    };
  };
  const watches = await Promise.all([
    watch(secrets),
    watch(certificateResource),
    watch(certificateRequestResource),
    watch(issuerResource),
    watch(clusterIssuerResource),
    watch(orderResource),
    watch(challengeResource),
    watchEvents(),
  ]);
  const running = Promise.allSettled(watches.map((run) => run()));
  return {
    steps,
    until(isSo, timeout = 10_000) {
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          looking.delete(look);
          resolve();
        };
        const look = (): void => {
          if (isSo()) end();
        };
        const timer = setTimeout(end, timeout);
        looking.add(look);
        look();
      });
    },
    async stop() {
      ending.abort();
      await running;
    },
  };
}
