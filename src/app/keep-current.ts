import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import { runScheduler } from '../standalone/scheduler.ts';
import type { Issuing } from './issuing.ts';
import type { Wanted } from './wanted-certificates.ts';

export interface KeepCurrentOptions {
  readonly wanted: () => Promise<readonly Wanted[]>;
  /** The parts that issue a certificate; those that are wanted with settings of their own have their own. */
  readonly issuing: (wanted: Wanted) => Promise<Issuing>;
  readonly clock: Clock;
  /** Told of what is no expected fault, for the log; expected ones are events. */
  readonly onFault: (certificate: string, error: unknown) => void;
}

/** After a fault that says no time of its own, a certificate is looked at again after this, in ms; back-off is in the plan. */
const LOOK_AGAIN_AFTER = 30_000;

/** Keeps all wanted certificates current until the signal aborts. */
export async function keepCurrent(options: KeepCurrentOptions, signal: AbortSignal): Promise<void> {
  const { clock, issuing, onFault } = options;
  const byId = new Map<string, Wanted>();
  await runScheduler(
    {
      clock,
      async wanted() {
        const all = await options.wanted();
        byId.clear();
        for (const wanted of all) byId.set(wanted.request.id, wanted);
        return all.map(({ request }) => request);
      },
      async attend(request, during) {
        try {
          const wanted = byId.get(request.id);
          if (wanted === undefined) return Infinity;
          const { lookAgainAt } = await (await issuing(wanted)).attend(request, { signal: during });
          return lookAgainAt;
        } catch (error) {
          during.throwIfAborted();
          if (!(error instanceof DomainError)) onFault(request.id, error);
          const told = error instanceof DomainError && error.retry.kind === 'after' ? error.retry.at : undefined;
          return told ?? clock.now() + LOOK_AGAIN_AFTER;
        }
      },
    },
    signal,
  );
}
