import type { Clock } from '../../core/clock.ts';
import type { KubeClient } from './client.ts';
import type { KubeObject } from './object.ts';

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** The `source.component` and reportingComponent, such as `cert-manager-certificates-trigger`. Default; may be given for each event. */
  readonly component: string;
  /** The reportingInstance: the pod's name. */
  readonly instance: string;
  /** Namespace of events about what is in no namespace; default `default`. */
  readonly onError?: (error: unknown) => void;
}

export interface EventToRecord {
  readonly type: 'Normal' | 'Warning';
  /** One word in CamelCase. */
  readonly reason: string;
  /** For a person; without secrets. Cut at 1,024 bytes, as the API server demands. */
  readonly message: string;
  readonly component?: string;
}

/** Events that `kubectl describe` shows. Telling one never waits and never fails; too many of them, or of the same, are left out. */
export interface EventRecorder {
  record(about: KubeObject, event: EventToRecord): void;
  /** Sends them until the signal aborts; what is left is sent within a second. */
  run(signal: AbortSignal): Promise<void>;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  throw new Error(`not yet: ${options.component}`);
}
