/** Undoes something that was started. */
export type Cleanup = () => unknown;

/**
 * Runs `work`, and then what it has handed to `later`, the newest first: all of it, also when the work or one of the steps fails. The
 * first failure is what is thrown.
 */
export async function withCleanup<T>(work: (later: (cleanup: Cleanup) => void) => Promise<T>): Promise<T> {
  const steps: Cleanup[] = [];
  const failures: unknown[] = [];
  const result = await attempt(() => work((cleanup) => void steps.unshift(cleanup)), failures);
  for (const step of steps) await attempt(async () => step(), failures);
  if (failures.length > 0) throw failures[0];
  return result as T;
}

async function attempt<T>(work: () => Promise<T>, failures: unknown[]): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    failures.push(error);
    return undefined;
  }
}
