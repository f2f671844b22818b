import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFakeObjects } from '../testing/fake-objects.ts';
import type { FakeObjects } from '../testing/fake-objects.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import type { ManualClock } from '../testing/manual-clock.ts';
import { runAsLeader } from './lease.ts';
import type { Fence } from './lease.ts';
import type { Lease } from './lease-object.ts';

const KEY = 'system/cert-manager-controller';
const MINUTE = 60_000;

interface Candidate {
  readonly clock: ManualClock;
  readonly objects: FakeObjects;
  fence: Fence | undefined;
  outcome: 'running' | 'ended' | Error;
  readonly leaders: string[];
  readonly errors: unknown[];
  stop(): void;
  /** Ends the work of a leader by itself. */
  finish(): void;
}

/** One process that wants to lead; `view` is how it sees the API server. */
function start(identity: string, clock: ManualClock, objects: FakeObjects): Candidate {
  const over = new AbortController();
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  const candidate: Candidate = {
    clock,
    objects,
    fence: undefined,
    outcome: 'running',
    leaders: [],
    errors: [],
    stop: () => over.abort(new Error('stopped')),
    finish,
  };
  const options = {
    client: objects,
    namespace: 'system',
    identity,
    clock,
    onLeader: (leader: string) => void candidate.leaders.push(leader),
    onError: (error: unknown) => void candidate.errors.push(error),
  };
  const lead = async (fence: Fence): Promise<void> => {
    candidate.fence = fence;
    await Promise.race([finished, new Promise((resolve) => fence.signal.addEventListener('abort', resolve))]);
  };
  runAsLeader(options, lead, over.signal).then(
    () => (candidate.outcome = 'ended'),
    (error: Error) => (candidate.outcome = error),
  );
  return candidate;
}

const isLeading = ({ fence }: Candidate): boolean => fence?.isHeld() ?? false;

const spec = (objects: FakeObjects): NonNullable<Lease['spec']> => (objects.stored(KEY) as Lease).spec ?? {};

describe('runAsLeader', { timeout: 20_000 }, () => {
  test('one of two leads, renews, and the other follows when it stops', async () => {
    const clock = createManualClock();
    const objects = createFakeObjects();
    const one = start('one', clock, objects);
    await clock.advance(0);
    const other = start('other', clock, objects);
    await clock.advance(10 * MINUTE);
    assert.equal(isLeading(one), true);
    assert.equal(isLeading(other), false);
    assert.deepEqual(other.leaders, ['one'], 'told once, not at each look');
    const { renewTime = '', leaseDurationSeconds, leaseTransitions, acquireTime } = spec(objects);
    assert.match(renewTime ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.ok(clock.now() - Date.parse(renewTime ?? '') <= 15_000, 'renewed a moment ago');
    assert.equal(Date.parse(acquireTime ?? ''), Date.UTC(2026, 0, 1));
    assert.deepEqual([leaseDurationSeconds, leaseTransitions], [60, 0]);

    one.stop();
    await clock.advance(0);
    assert.equal(one.outcome, 'ended');
    assert.deepEqual([spec(objects).holderIdentity, spec(objects).leaseDurationSeconds], ['', 1]);
    await clock.advance(20_000);
    assert.equal(isLeading(other), true, 'within a retry period');
    assert.equal(spec(objects).holderIdentity, 'other');
    other.stop();
    await clock.advance(0);
  });

  test('who cannot renew has stopped before another one starts', async () => {
    const clock = createManualClock();
    const server = createFakeObjects();
    // The first has lost its way to the server; the second has not.
    const cut = { ...server, get: server.get, update: server.update };
    let isCut = false;
    const broken: FakeObjects = {
      ...cut,
      get: (...args) => (isCut ? Promise.reject(new Error('no route')) : server.get(...args)),
      update: (...args) => (isCut ? Promise.reject(new Error('no route')) : server.update(...args)),
    };
    const one = start('one', clock, broken);
    await clock.advance(0);
    const other = start('other', clock, server);
    await clock.advance(5 * MINUTE);
    assert.equal(isLeading(one), true);
    isCut = true;
    let stoppedAt = 0;
    one.fence?.signal.addEventListener('abort', () => (stoppedAt = clock.now()));
    let startedAt = 0;
    for (let step = 0; step < 3000 && startedAt === 0; step += 1) {
      await clock.advance(100);
      if (other.fence !== undefined) startedAt = clock.now();
      assert.ok(!(isLeading(one) && other.fence !== undefined), 'never both');
    }
    assert.ok(stoppedAt > 0 && startedAt > 0, `${stoppedAt} ${startedAt}`);
    assert.ok(startedAt - stoppedAt >= 15_000, `${startedAt - stoppedAt} ms in which nobody leads`);
    assert.ok(one.outcome instanceof Error && 'code' in one.outcome && one.outcome.code === 'kube-lease-lost');
    assert.throws(() => one.fence?.assertHeld(), { code: 'kube-lease-lost' });
    assert.ok(one.errors.length > 0);
    assert.equal(spec(server).leaseTransitions, 1);
    other.stop();
    await clock.advance(0);
  });

  test('a short outage is nothing', async () => {
    const clock = createManualClock();
    const objects = createFakeObjects();
    const one = start('one', clock, objects);
    await clock.advance(MINUTE);
    objects.fail(new Error('away'));
    await clock.advance(20_000);
    objects.fail(undefined);
    await clock.advance(10 * MINUTE);
    assert.equal(isLeading(one), true);
    assert.equal(one.outcome, 'running');
    one.stop();
    await clock.advance(0);
  });

  test('a process that was frozen does not hold it when it wakes', async () => {
    const clock = createManualClock();
    const objects = createFakeObjects();
    const one = start('one', clock, objects);
    await clock.advance(MINUTE);
    const now = clock.now();
    clock.set(now + 41_000);
    assert.throws(() => one.fence?.assertHeld(), { code: 'kube-lease-lost' }, 'before any timer has fired');
    clock.set(now - 3_600_000);
    assert.equal(isLeading(one), false, 'a clock that was set back says nothing about age');
    clock.set(now);
    one.stop();
    await clock.advance(0);
  });

  test('a lease that somebody else took by force is lost at once', async () => {
    const clock = createManualClock();
    const objects = createFakeObjects();
    const one = start('one', clock, objects);
    await clock.advance(MINUTE);
    const lease = objects.stored(KEY) as Lease;
    await objects.update({} as never, { ...lease, spec: { ...lease.spec, holderIdentity: 'thief' } } as never, {
      signal: new AbortController().signal,
    });
    await clock.advance(15_000);
    assert.equal(isLeading(one), false);
    assert.ok(one.outcome instanceof Error);
    assert.equal(spec(objects).holderIdentity, 'thief', 'and is not given back by us');
  });

  test('the lease is given back when the work ends by itself, and its age is not judged by the clock of its holder', async () => {
    const clock = createManualClock();
    const objects = createFakeObjects();
    await objects.create(
      {} as never,
      {
        metadata: { namespace: 'system', name: 'cert-manager-controller' },
        // Renewed years ago by a clock that is wrong, or never: it must be seen to stand still for its duration.
        spec: { holderIdentity: 'old', leaseDurationSeconds: 60, renewTime: '2001-01-01T00:00:00.000000Z' },
      } as never,
      { signal: new AbortController().signal },
    );
    const one = start('one', clock, objects);
    await clock.advance(59_000);
    assert.equal(isLeading(one), false);
    await clock.advance(20_000);
    assert.equal(isLeading(one), true);
    assert.equal(spec(objects).leaseTransitions, 1);
    one.finish();
    await clock.advance(0);
    assert.equal(one.outcome, 'ended');
    assert.equal(spec(objects).holderIdentity, '');
  });

  test('who waits ends when it is told to', async () => {
    const clock = createManualClock();
    const objects = createFakeObjects();
    const one = start('one', clock, objects);
    await clock.advance(0);
    const other = start('other', clock, objects);
    await clock.advance(0);
    other.stop();
    await clock.advance(0);
    assert.equal(other.outcome, 'ended');
    assert.equal(spec(objects).holderIdentity, 'one');
    one.stop();
    await clock.advance(0);
  });
});
