import { events } from './event-object.ts';
import type { EventRecorderOptions, PendingEvent } from './event-recorder.ts';
import { isKubeError } from './kube-error.ts';
import type { ObjectKey } from './object.ts';

/** Writes events, and counts up what was written a while ago in place of writing the same again. */
export interface EventWriter {
  write(pending: PendingEvent, signal: AbortSignal): Promise<void>;
}

interface Written {
  readonly key: ObjectKey;
  readonly at: number;
  count: number;
}

/** As long as the API server keeps events is an hour; within this the same event is counted up. */
const SAME_WITHIN = 600_000;
const MOST_REMEMBERED = 4096;
const LONGEST_MESSAGE = 1024;
/** Events about what is in no namespace lie there. */
const NAMESPACE_OF_CLUSTER = 'default';

export function createEventWriter({ client, component, instance }: EventRecorderOptions): EventWriter {
  const written = new Map<string, Written>();
  let last = 0;

  function remember(identity: string, entry: Written): void {
    written.delete(identity);
    written.set(identity, entry);
    const [oldest] = written.keys();
    if (written.size > MOST_REMEMBERED && oldest !== undefined) written.delete(oldest);
  }

  async function countUp(known: Written, at: number, signal: AbortSignal): Promise<boolean> {
    const body = { count: known.count + 1, lastTimestamp: timestamp(at) };
    try {
      await client.patch(events, known.key, { type: 'merge', body }, { signal, priority: 'background' });
      known.count += 1;
      return true;
    } catch (error) {
      // Its hour is over, or somebody deleted it.
      if (isKubeError(error, 'kube-not-found')) return false;
      throw error;
    }
  }

  return {
    async write({ about, event, at }, signal) {
      const { name, namespace, uid, resourceVersion } = about.metadata;
      const source = event.component ?? component;
      const message = cut(event.message);
      const identity = JSON.stringify([about.kind, namespace, name, uid, event.type, event.reason, message, source]);
      const known = written.get(identity);
      if (known !== undefined && at - known.at < SAME_WITHIN && (await countUp(known, at, signal))) return;
      // As client-go names them: unique, and in the order of time.
      last = Math.max(last + 1, at * 1000);
      const key = { namespace: namespace ?? NAMESPACE_OF_CLUSTER, name: `${name.slice(0, 200)}.${last.toString(16)}` };
      await client.create(
        events,
        {
          metadata: key,
          involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid, resourceVersion },
          type: event.type,
          reason: event.reason,
          message,
          count: 1,
          firstTimestamp: timestamp(at),
          lastTimestamp: timestamp(at),
          source: { component: source },
          reportingComponent: source,
          reportingInstance: instance,
        },
        { signal, priority: 'background' },
      );
      remember(identity, { key, at, count: 1 });
    },
  };
}

function cut(message: string): string {
  return message.length <= LONGEST_MESSAGE ? message : `${message.slice(0, LONGEST_MESSAGE - 4)} ...`;
}

/** metav1.Time has whole seconds. */
function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
