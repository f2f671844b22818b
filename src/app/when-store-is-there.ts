import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';

/** ms. */
const TRY_EVERY = 1000;
/** How often it is said that the store is still away, in ms. */
const SAY_EVERY = 60_000;

/**
 * What `open` opens, once the database is there: a machine may be up before the one that its database is on. undefined when the signal has
 * aborted before. What trying again does not help is thrown.
 */
export async function whenStoreIsThere<T>(
  open: () => Promise<T>,
  clock: Clock,
  signal: AbortSignal,
  tell: (error: DomainError) => void,
): Promise<T | undefined> {
  for (let sayAt = clock.now(); !signal.aborted;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'store-unavailable' && error.retry.kind === 'backoff'))
        throw error;
      if (clock.now() >= sayAt) {
        tell(error);
        sayAt = clock.now() + SAY_EVERY;
      }
      await clock.sleep(TRY_EVERY, signal).catch(() => {});
    }
  }
  return undefined;
}
