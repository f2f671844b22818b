import type { Clock } from '../../core/clock.ts';
import { DomainError } from '../../core/error.ts';
import { isKubeError } from './kube-error.ts';
import { timeLimit } from './time-limit.ts';
import { createWorkQueue } from './work-queue.ts';
import type { KeyPriority } from './work-queue.ts';

/** `again`: look at the key once more after so many ms, though nothing went wrong. */
export type Result = { readonly kind: 'done' } | { readonly kind: 'again'; readonly after: number };

export const done: Result = { kind: 'done' };

export function again(after: number): Result {
  return { kind: 'again', after };
}

export interface ControllerOptions {
  /** As in the metrics: `certificates-trigger`. */
  readonly name: string;
  /**
   * Looks at one key and does what is to be done; level, not edge. Thrown errors are told to `onError` and the key is tried again: by the error's
   * own `retry` (`after`), else by back-off; `never` is tried again by the longest back-off, since the object may be mended without us seeing it.
   */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<Result>;
  readonly workers: number;
  readonly clock: Clock;
  /** ms after the first and at most after the n-th failure in a row; default 1 s and 5 min. */
  readonly backoff?: { readonly first: number; readonly longest: number };
  /** ms for one reconcile, by its signal; default 2 min. */
  readonly timeout?: number;
  readonly onError: (error: unknown, key: string) => void;
  readonly observe?: ControllerObserver;
}

/** What metrics are made of: controller_sync_call_count, controller_sync_error_count, queue depth. */
export interface ControllerObserver {
  readonly synced: (controller: string, outcome: 'done' | 'again' | 'failed', milliseconds: number) => void;
  readonly depth: (controller: string, keys: number) => void;
}

export interface Controller {
  readonly name: string;
  /** As soon as a worker is free; many calls while it waits are one. `urgent` goes before what is not. */
  add(key: string, priority?: KeyPriority): void;
  /** Not before so many ms; of several, the earliest holds. */
  addAfter(key: string, milliseconds: number): void;
  /** Resolves when the signal has aborted and no reconcile is under way. */
  run(signal: AbortSignal): Promise<void>;
  /** Keys that are due and wait for a worker. */
  depth(): number;
}

const DEFAULT_BACKOFF = { first: 1000, longest: 300_000 };
const DEFAULT_TIMEOUT = 120_000;
/** Somebody else wrote at the same time: the watch brings their state within milliseconds. */
const AFTER_CONFLICT = 50;
/** More conflicts than this in a row are no coincidence. */
const CONFLICTS_TO_BEAR = 5;

/** One key is never reconciled twice at the same time. */
export function createController(options: ControllerOptions): Controller {
  const { name, clock, observe, backoff = DEFAULT_BACKOFF, timeout = DEFAULT_TIMEOUT } = options;
  const queue = createWorkQueue(clock, (depth) => observe?.depth(name, depth));
  /** In a row, by key. */
  const failures = new Map<string, { readonly conflicts: number; readonly others: number }>();

  async function reconcile(key: string, signal: AbortSignal): Promise<void> {
    const started = performance.now();
    const limited = timeLimit(signal, timeout);
    let outcome: 'done' | 'again' | 'failed';
    try {
      const result = await options.reconcile(key, limited.signal);
      failures.delete(key);
      outcome = result.kind;
      if (result.kind === 'again') queue.addAfter(key, result.after);
    } catch (error) {
      if (signal.aborted) return;
      outcome = fail(key, error);
    } finally {
      limited.release();
    }
    observe?.synced(name, outcome, performance.now() - started);
  }

  function fail(key: string, error: unknown): 'again' | 'failed' {
    const known = failures.get(key) ?? { conflicts: 0, others: 0 };
    if (isKubeError(error, 'kube-conflict') && known.conflicts < CONFLICTS_TO_BEAR) {
      failures.set(key, { ...known, conflicts: known.conflicts + 1 });
      queue.addAfter(key, jittered(AFTER_CONFLICT * 2 ** known.conflicts));
      return 'again';
    }
    failures.set(key, { ...known, others: known.others + 1 });
    options.onError(error, key);
    queue.addAfter(key, pauseAfter(error, known.others + 1));
    return 'failed';
  }

  function pauseAfter(error: unknown, count: number): number {
    const growing = jittered(Math.min(backoff.first * 2 ** (count - 1), backoff.longest));
    if (!(error instanceof DomainError)) return growing;
    if (error.retry.kind === 'after') return Math.max(error.retry.at - clock.now(), growing);
    return error.retry.kind === 'never' ? jittered(backoff.longest) : growing;
  }

  async function work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = await queue.take(signal).catch(() => undefined);
      if (key === undefined) return;
      await reconcile(key, signal);
      queue.done(key);
    }
  }

  return {
    name,
    add: (key, priority) => queue.add(key, priority),
    addAfter: (key, milliseconds) => queue.addAfter(key, milliseconds),
    depth: () => queue.depth(),
    async run(signal) {
      const workers = Array.from({ length: options.workers }, () => work(signal));
      await Promise.all([queue.run(signal), ...workers]);
    },
  };
}

/** Spread by a quarter up and down, so that what failed together does not come back together. */
function jittered(milliseconds: number): number {
  return milliseconds * (0.75 + Math.random() / 2);
}
