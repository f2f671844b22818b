import type { Lease, Leases } from '../store/postgres-leases.ts';
import type { ProcessLock } from '../store/process-lock.ts';

/** A piece of work that one process does at a time, on whichever node. */
export interface WorkLock {
  /** Aborts when another node may go on with the work: it has to be stopped. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * The lock of this machine first, which the kernel frees when its holder is killed; then, where several nodes share a database, the lease
 * there. So who is killed and started again need not wait until its own lease ends.
 */
export async function takeWorkLock(
  name: string,
  tryLock: (name: string) => ProcessLock | undefined,
  leases: Leases | undefined,
): Promise<WorkLock | undefined> {
  const lock = tryLock(name);
  if (lock === undefined) return undefined;
  if (leases === undefined) return { lost: new AbortController().signal, release: async () => lock.release() };
  let lease: Lease | undefined;
  try {
    lease = await leases.tryLease(name);
  } finally {
    if (lease === undefined) lock.release();
  }
  if (lease === undefined) return undefined;
  const { lost, release } = lease;
  return {
    lost,
    async release() {
      await release();
      lock.release();
    },
  };
}
