import type { Clock } from '../../core/clock.ts';
import type { KubeClient } from './client.ts';
import { createEventBudget } from './event-budget.ts';
import { createEventWriter } from './event-writer.ts';
import type { KubeObject } from './object.ts';

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  readonly clock: Clock;
  /** Of events that name none: `source.component`, such as `cert-manager-certificates-trigger`. */
  readonly component: string;
  /** The pod's name, as `reportingInstance`. */
  readonly instance: string;
  /** Told when an event could not be written; nothing else becomes of it. */
  readonly onError?: (error: unknown) => void;
}

export interface EventToRecord {
  readonly type: 'Normal' | 'Warning';
  /** One word in CamelCase. */
  readonly reason: string;
  /** For a person; without secrets. Cut at 1,024 characters, as the API server demands. */
  readonly message: string;
  readonly component?: string;
}

/** Events that `kubectl describe` shows. Telling one never waits and never fails; too many of them, or of the same, are left out. */
export interface EventRecorder {
  record(about: KubeObject, event: EventToRecord): void;
  /** Sends them until the signal aborts, then what is left, within a second or so. Once only. */
  run(signal: AbortSignal): Promise<void>;
}

export interface PendingEvent {
  readonly about: KubeObject;
  readonly event: EventToRecord;
  readonly at: number;
}

/** What waits to be sent; more than this is a storm, in which the newest are as good as any. */
const MOST_WAITING = 1000;
const LAST_WORDS = 1000;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, onError } = options;
  const waiting: PendingEvent[] = [];
  const budget = createEventBudget(clock);
  const writer = createEventWriter(options);
  let wake: (() => void) | undefined;

  async function send(signal: AbortSignal): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await writer.write(next, signal);
      } catch (error) {
        if (signal.aborted) return;
        onError?.(error);
      }
    }
  }

  return {
    record(about, event) {
      if (!budget.take(about)) return;
      waiting.push({ about, event, at: clock.now() });
      if (waiting.length > MOST_WAITING) waiting.shift();
      wake?.();
    },
    async run(signal) {
      while (!signal.aborted) {
        await send(signal);
        if (waiting.length === 0) await sleepUntil(signal, (resolve) => (wake = resolve));
      }
      wake = undefined;
      await send(AbortSignal.timeout(LAST_WORDS));
    },
  };
}

/** Resolves when `start`'s function is called or the signal aborts. */
function sleepUntil(signal: AbortSignal, start: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
    start(end);
  });
}
