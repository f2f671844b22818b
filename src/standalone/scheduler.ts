import type { Clock } from '../core/clock.ts';
import type { CertificateRequest } from '../issuance/order-record.ts';
import { requestFingerprint } from '../issuance/request-fingerprint.ts';

export interface SchedulerDeps {
  /** What is wanted now; asked again every few seconds, so that what was added or changed is taken up. */
  readonly wanted: () => Promise<readonly CertificateRequest[]>;
  /** Does what is to be done for one certificate and returns when to look at it again, in ms since the epoch. Must not throw but when aborted. */
  readonly attend: (request: CertificateRequest, signal: AbortSignal) => Promise<number>;
  readonly clock: Clock;
}

/** How often the list of wanted certificates is looked at, in ms. */
const LOOK_AT_LIST = 2000;
/** Whatever the plan says, each certificate is looked at once in this time: a changed window of the CA, a file that was removed. */
const LONGEST_SLEEP = 3_600_000;
/** And never more often than this, so that a fault in a plan cannot become a storm at a CA. */
const SHORTEST_SLEEP = 250;

interface Task {
  readonly fingerprint: string;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Keeps every wanted certificate current until the signal aborts: one task each, so that one that waits for its CNAME or its CA holds
 * no other up. A request that changes is begun afresh; one that is no longer wanted is left as it is. Resolves when all tasks have ended.
 */
export async function runScheduler(deps: SchedulerDeps, signal: AbortSignal): Promise<void> {
  const tasks = new Map<string, Task>();
  try {
    for (;;) {
      await reconcile(tasks, await deps.wanted(), deps, signal);
      await deps.clock.sleep(LOOK_AT_LIST, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    for (const { stop } of tasks.values()) stop.abort(signal.reason);
    await Promise.all([...tasks.values()].map(({ ended }) => ended));
  }
}

async function reconcile(
  tasks: Map<string, Task>,
  wanted: readonly CertificateRequest[],
  deps: SchedulerDeps,
  signal: AbortSignal,
): Promise<void> {
  const requests = new Map(wanted.map((request) => [request.id, request]));
  for (const [id, task] of tasks) {
    const request = requests.get(id);
    if (request !== undefined && requestFingerprint(request) === task.fingerprint) continue;
    task.stop.abort(new DOMException('another certificate is wanted now', 'AbortError'));
    await task.ended;
    tasks.delete(id);
  }
  for (const [id, request] of requests) {
    if (tasks.has(id)) continue;
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    tasks.set(id, { fingerprint: requestFingerprint(request), stop, ended: keepCurrent(request, deps, both) });
  }
}

async function keepCurrent(request: CertificateRequest, deps: SchedulerDeps, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      const next = await deps.attend(request, signal);
      const wait = Math.min(Math.max(next - deps.clock.now(), SHORTEST_SLEEP), LONGEST_SLEEP);
      await deps.clock.sleep(wait, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
