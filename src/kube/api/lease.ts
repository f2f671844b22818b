import type { Clock } from '../../core/clock.ts';
import type { KubeClient } from './client.ts';

export interface LeaseOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Default `cert-manager-controller`, so that an installed cert-manager and evercert never lead at the same time. */
  readonly name?: string;
  /** Of this process: host name and a random part. */
  readonly identity: string;
  readonly clock: Clock;
  /** ms; default 60 s, 40 s, 15 s. */
  readonly duration?: number;
  readonly renewDeadline?: number;
  readonly retryPeriod?: number;
  readonly onError?: (error: unknown) => void;
  /** Told who leads, each time that it is somebody else. */
  readonly onLeader?: (identity: string) => void;
}

/** Proof that we lead. `signal` aborts when we no longer do, before anybody else can. */
export interface Fence {
  readonly signal: AbortSignal;
  isHeld(): boolean;
  /** @throws DomainError `kube-lease-lost` */
  assertHeld(): void;
}

/**
 * Waits until it leads, runs `lead`, and gives the lease back when `lead` has ended or `signal` aborts. Resolves after that.
 * When the lease was lost (it could not be renewed in time) it throws DomainError `kube-lease-lost`, after `lead` has ended.
 */
export function runAsLeader(
  options: LeaseOptions,
  lead: (fence: Fence) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  throw new Error(`not yet: ${String([options, lead, signal])}`);
}
