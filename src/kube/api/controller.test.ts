import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DomainError } from '../../core/error.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { again, createController, done } from './controller.ts';
import type { ControllerOptions, Result } from './controller.ts';
import { KubeError } from './kube-error.ts';

function start(reconcile: ControllerOptions['reconcile'], more: Partial<ControllerOptions> = {}) {
  const clock = createManualClock();
  const errors: [unknown, string][] = [];
  const outcomes: string[] = [];
  const controller = createController({
    name: 'test',
    reconcile,
    workers: 2,
    clock,
    onError: (error, key) => errors.push([error, key]),
    observe: { synced: (name, outcome) => outcomes.push(`${name} ${outcome}`), depth: () => {} },
    ...more,
  });
  const over = new AbortController();
  const running = controller.run(over.signal);
  return {
    clock,
    controller,
    errors,
    outcomes,
    async stop() {
      over.abort(new Error('stopped'));
      await running;
    },
  };
}

describe('createController', { timeout: 20_000 }, () => {
  test('a key is looked at again when the result says so, and not by itself', async () => {
    const calls: string[] = [];
    const results: Result[] = [again(1000), done];
    const { clock, controller, outcomes, stop } = start(async (key) => {
      calls.push(key);
      return results.shift() ?? done;
    });
    controller.add('a');
    await clock.advance(999);
    assert.deepEqual(calls, ['a']);
    await clock.advance(1);
    assert.deepEqual(calls, ['a', 'a']);
    await clock.advance(3_600_000);
    assert.deepEqual(calls, ['a', 'a']);
    assert.deepEqual(outcomes, ['test again', 'test done']);
    await stop();
  });

  test('never the same key in two workers, and what was added meanwhile is not forgotten', async () => {
    let underWay = 0;
    let calls = 0;
    const gates: (() => void)[] = [];
    const { clock, controller, stop } = start(
      async () => {
        calls += 1;
        underWay += 1;
        assert.equal(underWay, 1);
        await new Promise<void>((resolve) => gates.push(resolve));
        underWay -= 1;
        return done;
      },
      { workers: 4 },
    );
    controller.add('a');
    await clock.advance(0);
    controller.add('a');
    controller.add('a');
    await clock.advance(0);
    assert.equal(calls, 1);
    gates.shift()?.();
    await clock.advance(0);
    assert.equal(calls, 2);
    gates.shift()?.();
    await clock.advance(0);
    assert.equal(calls, 2);
    await stop();
  });

  const pauses: readonly (readonly [string, () => Error, readonly (readonly [least: number, most: number])[]])[] = [
    [
      'what the error does not say grows',
      () => new Error('x'),
      [
        [750, 1250],
        [1500, 2500],
        [3000, 5000],
      ],
    ],
    [
      'Retry-After is kept',
      () => new KubeError('kube-unavailable', 'x', { retry: { kind: 'after', at: Date.UTC(2026, 0, 1, 0, 10) } }),
      [
        [600_000, 600_000],
        [1500, 2500],
      ],
    ],
    ['what cannot help is tried seldom', () => new DomainError('invalid-key', 'x'), [[225_000, 375_000]]],
    [
      'a conflict is tried at once',
      () => new KubeError('kube-conflict', 'x'),
      [
        [37, 63],
        [75, 125],
        [150, 250],
      ],
    ],
  ];
  for (const [what, error, expected] of pauses) {
    test(`pauses: ${what}`, async () => {
      const times: number[] = [];
      const { clock, controller, errors, stop } = start(async () => {
        times.push(clock.now());
        throw error();
      });
      controller.add('a');
      await clock.advance(0);
      for (const [index, [least, most]] of expected.entries()) {
        await clock.advance(most);
        const pause = (times[index + 1] ?? 0) - (times[index] ?? 0);
        assert.ok(pause >= least && pause <= most, `${pause} is not in ${least} to ${most}`);
        // Whatever was left over of this step is not the next pause's.
        clock.set(times[index + 1] ?? 0);
      }
      assert.equal(errors.length > 0, what !== 'a conflict is tried at once');
      await stop();
    });
  }

  test('after a success the pauses begin anew; a conflict that does not end is told', async () => {
    let turn = 0;
    const { clock, controller, errors, outcomes, stop } = start(async () => {
      turn += 1;
      if (turn === 3) return again(10);
      throw turn < 3 ? new Error('x') : new KubeError('kube-conflict', 'y');
    });
    controller.add('a');
    await clock.advance(10_000);
    assert.deepEqual(
      errors.slice(0, 2).map(([error, key]) => [String(error), key]),
      [
        ['Error: x', 'a'],
        ['Error: x', 'a'],
      ],
    );
    const conflicts = Array.from({ length: 5 }, () => 'test again');
    assert.deepEqual(outcomes.slice(0, 8), ['test failed', 'test failed', 'test again', ...conflicts]);
    await clock.advance(60_000);
    assert.equal(errors[2]?.[0] instanceof KubeError, true);
    await stop();
  });

  test('stopping waits for what is under way, which is told, and whose failure is none', async () => {
    const { clock, controller, errors, stop } = start(
      (_key, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut off')))),
    );
    controller.add('a');
    await clock.advance(0);
    await stop();
    assert.deepEqual(errors, []);
  });

  test('a reconcile that takes too long is told to end, and is a failure', { timeout: 5000 }, async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const { controller, stop } = start(
      (_key, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      { timeout: 20, onError: resolve },
    );
    controller.add('a');
    assert.equal(((await promise) as Error).name, 'TimeoutError');
    await stop();
  });
});
