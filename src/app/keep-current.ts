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
  /** Told of every fault, for the log; those of an issuance are events as well. Without a certificate it is about the list of them. */
  readonly onFault: (error: unknown, certificate?: string) => void;
}

/** After a fault that says no time of its own, a certificate is looked at again after this, in ms; back-off is in the plan. */
const LOOK_AGAIN_AFTER = 30_000;

/** Keeps all wanted certificates current until the signal aborts. */
export async function keepCurrent(options: KeepCurrentOptions, signal: AbortSignal): Promise<void> {
  const { clock, issuing, onFault } = options;
  let byId: ReadonlyMap<string, Wanted> = new Map();
  await runScheduler(
    {
      clock,
      async wanted() {
        try {
          byId = new Map((await options.wanted()).map((wanted) => [wanted.request.id, wanted]));
        } catch (error) {
          // A list that cannot be read at the moment is as it was.
          onFault(error);
        }
        return [...byId.values()].map(({ request }) => request);
      },
      async attend(request, during) {
        try {
          const wanted = byId.get(request.id);
          if (wanted === undefined) return Infinity;
          const { lookAgainAt } = await (await issuing(wanted)).attend(request, { signal: during });
          return lookAgainAt;
        } catch (error) {
          during.throwIfAborted();
          if (!isLockHeld(error)) onFault(error, request.id);
          const told = error instanceof DomainError && error.retry.kind === 'after' ? error.retry.at : undefined;
          return told ?? clock.now() + LOOK_AGAIN_AFTER;
        }
      },
    },
    signal,
  );
}

/** `evercert issue` or `renew` is at it; it does the same. */
function isLockHeld(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'lock-held';
}
