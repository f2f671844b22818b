import type { Clock } from '../../core/clock.ts';

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
  add(key: string, priority?: 'urgent' | 'normal'): void;
  /** Not before so many ms; of several, the earliest holds. */
  addAfter(key: string, milliseconds: number): void;
  /** Resolves when the signal has aborted and no reconcile is under way. */
  run(signal: AbortSignal): Promise<void>;
  /** Keys that are due and wait for a worker. */
  depth(): number;
}

/** One key is never reconciled twice at the same time. */
export function createController(options: ControllerOptions): Controller {
  throw new Error(`not yet: ${options.name}`);
}
