import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createManualClock } from '../testing/manual-clock.ts';
import { createRateLimit } from './rate-limit.ts';

const never = new AbortController().signal;

describe('createRateLimit', { timeout: 10_000 }, () => {
  test('some at once, then so many a second; what somebody waits for goes first', async () => {
    const clock = createManualClock();
    const limit = createRateLimit({ qps: 10, burst: 3, clock });
    const went: string[] = [];
    const go = (name: string, priority: 'waited' | 'background'): void =>
      void limit.take(priority, never).then(() => went.push(`${name} ${clock.now() - start}`));
    const start = clock.now();
    for (const name of ['a', 'b', 'c', 'd', 'e']) go(name, 'background');
    for (const name of ['x', 'y']) go(name, 'waited');
    await clock.advance(0);
    assert.deepEqual(went, ['a 0', 'b 0', 'c 0']);
    await clock.advance(400);
    assert.deepEqual(went.slice(3), ['x 100', 'y 200', 'd 300', 'e 400']);
    await clock.advance(60_000);
    for (const name of ['a', 'b', 'c', 'd']) go(name, 'background');
    await clock.advance(0);
    assert.equal(went.length, 10, 'no more than the burst after a long rest');
    await clock.advance(100);
    assert.equal(went.length, 11);
  });

  test('who gives up takes no turn', async () => {
    const clock = createManualClock();
    const limit = createRateLimit({ qps: 1, burst: 1, clock });
    await limit.take('waited', never);
    const over = new AbortController();
    const gaveUp = limit.take('waited', over.signal);
    let went = false;
    void limit.take('background', never).then(() => (went = true));
    over.abort(new Error('enough'));
    await assert.rejects(gaveUp, /enough/);
    await assert.rejects(limit.take('waited', over.signal), /enough/);
    await clock.advance(1000);
    assert.equal(went, true);
  });

  test('a clock that is set back stops nothing', async () => {
    const clock = createManualClock();
    const limit = createRateLimit({ qps: 10, burst: 1, clock });
    await limit.take('waited', never);
    clock.set(clock.now() - 3_600_000);
    let went = false;
    void limit.take('waited', never).then(() => (went = true));
    await clock.advance(100);
    assert.equal(went, true);
  });
});
