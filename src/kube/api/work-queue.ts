import type { Clock } from '../../core/clock.ts';
import { createDelayedKeys } from './delayed-keys.ts';

export type KeyPriority = 'urgent' | 'normal';

/** Keys that are to be looked at, each once however often it was added, and never the same key in two hands. */
export interface WorkQueue {
  add(key: string, priority?: KeyPriority): void;
  addAfter(key: string, milliseconds: number): void;
  /** Waits for a key. Each key that was taken must be given to `done`. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<string>;
  /** What was added in the meantime is to be looked at again. */
  done(key: string): void;
  depth(): number;
  /** Keys whose time is not there yet become due by it, until the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export function createWorkQueue(clock: Clock, onDepth: (depth: number) => void = () => {}): WorkQueue {
  const ready: Record<KeyPriority, Set<string>> = { urgent: new Set(), normal: new Set() };
  const taken = new Set<string>();
  const addedMeanwhile = new Map<string, KeyPriority>();
  const delayed = createDelayedKeys();
  const waiting = new Set<(key: string) => void>();
  /** Ends the sleep until the earliest time: there is an earlier one, or the end has come. */
  let wake: (() => void) | undefined;

  const depth = (): number => ready.urgent.size + ready.normal.size;

  function add(key: string, priority: KeyPriority = 'normal'): void {
    if (taken.has(key)) {
      if (priority === 'urgent' || !addedMeanwhile.has(key)) addedMeanwhile.set(key, priority);
      return;
    }
    if (priority === 'urgent') ready.normal.delete(key);
    else if (ready.urgent.has(key)) return;
    ready[priority].add(key);
    handOut();
    onDepth(depth());
  }

  function handOut(): void {
    for (const go of waiting) {
      const line = ready.urgent.size > 0 ? ready.urgent : ready.normal;
      const [key] = line;
      if (key === undefined) return;
      line.delete(key);
      taken.add(key);
      waiting.delete(go);
      go(key);
    }
  }

  async function untilDue(): Promise<void> {
    const earlier = new AbortController();
    wake = () => earlier.abort();
    const earliest = delayed.earliest();
    const wait = earliest === undefined ? Number.POSITIVE_INFINITY : Math.max(0, earliest - clock.now());
    await (Number.isFinite(wait) ? clock.sleep(wait, earlier.signal) : untilAborted(earlier.signal)).catch(() => {});
  }

  return {
    add,
    depth,
    addAfter(key, milliseconds) {
      if (delayed.add(key, clock.now() + Math.max(0, milliseconds))) wake?.();
    },
    take(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const leave = (): void => {
          waiting.delete(go);
          reject(signal.reason as Error);
        };
        const go = (key: string): void => {
          signal.removeEventListener('abort', leave);
          resolve(key);
        };
        signal.addEventListener('abort', leave, { once: true });
        waiting.add(go);
        handOut();
        onDepth(depth());
      });
    },
    done(key) {
      taken.delete(key);
      const priority = addedMeanwhile.get(key);
      addedMeanwhile.delete(key);
      if (priority !== undefined) add(key, priority);
    },
    async run(signal) {
      // One listener for all the time: a combined signal for each sleep would stay in memory for long.
      const stop = (): void => wake?.();
      signal.addEventListener('abort', stop, { once: true });
      while (!signal.aborted) {
        for (const key of delayed.due(clock.now())) add(key);
        await untilDue();
      }
      signal.removeEventListener('abort', stop);
      wake = undefined;
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
