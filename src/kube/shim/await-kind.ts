import type { Clock } from '../../core/clock.ts';
import type { KubeClient } from '../api/client.ts';
import type { Resource } from '../api/resource.ts';

/** How soon a kind that is installed later is noticed, in ms. */
const PAUSE = 10_000;

/** Resolves when the API server has the kind, whose CRD may be installed at any time. @throws the signal's reason */
export async function awaitKind(
  resource: Resource,
  {
    client,
    clock,
    onWait,
    onError,
  }: {
    readonly client: Pick<KubeClient, 'hasResource'>;
    readonly clock: Clock;
    /** Told once, when it is not there. */
    readonly onWait: () => void;
    readonly onError: (error: unknown) => void;
  },
  signal: AbortSignal,
): Promise<void> {
  let isTold = false;
  for (;;) {
    signal.throwIfAborted();
    try {
      if (await client.hasResource(resource, { signal, priority: 'background' })) return;
      if (!isTold) onWait();
      isTold = true;
    } catch (error) {
      signal.throwIfAborted();
      onError(error);
    }
    await clock.sleep(PAUSE, signal);
  }
}
