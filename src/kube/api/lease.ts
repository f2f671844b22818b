import type { Clock } from '../../core/clock.ts';
import { DomainError } from '../../core/error.ts';
import type { KubeClient } from './client.ts';
import { createLeaseHolder } from './lease-holder.ts';
import type { LeaseHolder } from './lease-holder.ts';
import { timeLimit } from './time-limit.ts';

export interface LeaseOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'update'>;
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

const RELEASE_TIMEOUT = 5000;

/**
 * Waits until it leads, runs `lead`, and gives the lease back when `lead` has ended or `signal` aborts. Resolves after that.
 * When the lease was lost (it could not be renewed in time) it throws DomainError `kube-lease-lost`, after `lead` has ended.
 *
 * Who waits may take the lease `duration` after it saw our last renewal, which is after we asked for it. We stop `renewDeadline` after we asked. So
 * between the two nobody leads, whatever the clocks of the two machines say.
 */
export async function runAsLeader(
  options: LeaseOptions,
  lead: (fence: Fence) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, duration = 60_000, renewDeadline = 40_000, retryPeriod = 15_000 } = options;
  const times = { retryPeriod, renewDeadline };
  const holder = createLeaseHolder({ ...options, name: options.name ?? 'cert-manager-controller', duration });
  let since: number;
  try {
    since = await acquire(holder, options, times, signal);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  options.onLeader?.(options.identity);

  const lost = new AbortController();
  const ended = new AbortController();
  const isHeld = (): boolean => {
    const age = clock.now() - since;
    // A clock that was set back: nobody can say how old the lease is.
    return !lost.signal.aborted && age < renewDeadline && age > -retryPeriod;
  };
  const fence: Fence = {
    signal: AbortSignal.any([signal, lost.signal]),
    isHeld,
    assertHeld() {
      if (!isHeld()) throw lostError();
    },
  };
  const onHeld = (from: number): void => {
    since = from;
  };
  const onLost = (): void => lost.abort(lostError());
  const renewing = Promise.all([
    // Renewed until `lead` has ended, also while it ends: what it does then still needs the lease.
    renew(holder, options, times, { onHeld, onLost }, AbortSignal.any([ended.signal, lost.signal])),
    watchAge(clock, () => since + renewDeadline, onLost, AbortSignal.any([ended.signal, lost.signal])),
  ]);
  try {
    await lead(fence);
    fence.signal.throwIfAborted();
  } catch (error) {
    if (lost.signal.aborted) throw lost.signal.reason;
    if (!signal.aborted) throw error;
  } finally {
    const isOurs = isHeld();
    ended.abort(new DOMException('the work has ended', 'AbortError'));
    await renewing;
    if (isOurs) await giveBack(holder, options);
  }
}

type Times = Readonly<Record<'retryPeriod' | 'renewDeadline', number>>;

/** Resolves with the time from which it is ours. */
async function acquire(
  holder: LeaseHolder,
  { clock, onError, onLeader, identity }: LeaseOptions,
  { retryPeriod }: Times,
  signal: AbortSignal,
): Promise<number> {
  let leader = identity;
  for (;;) {
    const limited = timeLimit(signal, retryPeriod);
    let wait = retryPeriod;
    try {
      const result = await holder.try(limited.signal);
      if (result.kind === 'held') return result.since;
      if (result.by !== '' && result.by !== leader) onLeader?.(result.by);
      leader = result.by;
    } catch (error) {
      signal.throwIfAborted();
      onError?.(error);
    } finally {
      limited.release();
    }
    // Those who wait must not all ask at the same moment.
    wait *= 0.5 + Math.random() * 0.7;
    await clock.sleep(wait, signal);
  }
}

async function renew(
  holder: LeaseHolder,
  { clock, onError }: LeaseOptions,
  { retryPeriod, renewDeadline }: Times,
  told: { readonly onHeld: (since: number) => void; readonly onLost: () => void },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(retryPeriod, signal).catch(() => {});
    if (signal.aborted) return;
    const limited = timeLimit(signal, Math.min(retryPeriod, renewDeadline / 2));
    try {
      const result = await holder.try(limited.signal);
      if (result.kind === 'held') told.onHeld(result.since);
      else if (result.by !== '') told.onLost();
    } catch (error) {
      if (!signal.aborted) onError?.(error);
    } finally {
      limited.release();
    }
  }
}

/** Calls `onOver` when the time that `until` says is there; it moves on with each renewal. */
async function watchAge(clock: Clock, until: () => number, onOver: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const left = until() - clock.now();
    if (left <= 0) {
      onOver();
      return;
    }
    await clock.sleep(left, signal).catch(() => {});
  }
}

async function giveBack(holder: LeaseHolder, { onError }: LeaseOptions): Promise<void> {
  try {
    await holder.release(AbortSignal.timeout(RELEASE_TIMEOUT));
  } catch (error) {
    // It ends by itself then.
    onError?.(error);
  }
}

function lostError(): DomainError {
  return new DomainError(
    'kube-lease-lost',
    'the lease could not be renewed in time, so another instance may lead now; this one has stopped acting and begins anew',
    { retry: { kind: 'backoff' } },
  );
}
