import type { KeySpec } from '../../pki/key-spec.ts';

export interface KeyWorkshopOptions {
  /** The key as PKCS#8 PEM; runs on another thread and may take seconds. */
  readonly generate: (spec: KeySpec) => Promise<string>;
  /** RSA keys that are made at once: no more than there are processors, so that other work of the thread pool is not kept waiting. */
  readonly slots: number;
}

export type KeyMade =
  | { readonly kind: 'made'; readonly key: string }
  /** `onMade` of whoever asked first is called when it is worth asking again. */
  | { readonly kind: 'in-the-making' };

/**
 * Makes private keys without anybody waiting for them: a worker that waited for a prime number could not look after what others wait for. Keys are
 * kept in memory until they are taken; one that is lost by a restart is made again.
 */
export interface KeyWorkshop {
  /** `owner`: UID of the Certificate. A key of another kind than was asked for before is made anew. */
  ask(owner: string, spec: KeySpec, onMade: () => void): KeyMade;
  /** When the key is stored, or nobody wants it any more. */
  forget(owner: string): void;
}

interface Job {
  readonly kind: string;
  readonly spec: KeySpec;
  readonly onMade: () => void;
  key?: string;
  error?: unknown;
}

export function createKeyWorkshop({ generate, slots }: KeyWorkshopOptions): KeyWorkshop {
  const jobs = new Map<string, Job>();
  const waiting: Job[] = [];
  let working = 0;

  function next(): void {
    while (working < slots) {
      const job = waiting.shift();
      if (job === undefined) return;
      working += 1;
      void make(job).finally(() => {
        working -= 1;
        next();
      });
    }
  }

  async function make(job: Job): Promise<void> {
    try {
      job.key = await generate(job.spec);
    } catch (error) {
      job.error = error;
    }
    job.onMade();
  }

  return {
    ask(owner, spec, onMade) {
      const kind = `${spec.algorithm}-${spec.size ?? ''}`;
      const before = jobs.get(owner);
      if (before?.kind === kind) {
        if (before.key !== undefined) return { kind: 'made', key: before.key };
        if (before.error === undefined) return { kind: 'in-the-making' };
        jobs.delete(owner);
        throw before.error;
      }
      drop(before);
      const job: Job = { kind, spec, onMade };
      jobs.set(owner, job);
      if (spec.algorithm === 'RSA') {
        waiting.push(job);
        next();
      } else {
        // Microseconds of work: no reason to queue behind primes.
        void make(job);
      }
      return { kind: 'in-the-making' };
    },
    forget(owner) {
      drop(jobs.get(owner));
      jobs.delete(owner);
    },
  };

  function drop(job: Job | undefined): void {
    const at = job === undefined ? -1 : waiting.indexOf(job);
    if (at >= 0) waiting.splice(at, 1);
  }
}
