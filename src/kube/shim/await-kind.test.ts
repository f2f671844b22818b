import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gateways } from '../api/gateway.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { awaitKind } from './await-kind.ts';

function start(answers: (boolean | Error)[]) {
  const clock = createManualClock();
  const stop = new AbortController();
  const told: string[] = [];
  let asked = 0;
  const client = {
    async hasResource() {
      const answer = answers[asked] ?? false;
      asked += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const world = {
    client,
    clock,
    onWait: () => void told.push('waits'),
    onError: (error: unknown) => void told.push((error as Error).message),
  };
  const waited = awaitKind(gateways, world, stop.signal).then(
    () => told.push('there'),
    () => told.push('stopped'),
  );
  return { clock, stop, told, waited, asked: () => asked };
}

describe('a kind that may be installed later', () => {
  test('is there already', async () => {
    const { told, waited } = start([true]);
    await waited;
    assert.deepEqual(told, ['there']);
  });

  test('comes later: that is said once, and it is noticed within seconds', async () => {
    const { clock, told, waited, asked } = start([false, false, true]);
    await clock.advance(25_000);
    await waited;
    assert.deepEqual([told, asked()], [['waits', 'there'], 3]);
  });

  test('an API server that does not answer is asked again', async () => {
    const { clock, told, waited } = start([new Error('away'), true]);
    await clock.advance(15_000);
    await waited;
    assert.deepEqual(told, ['away', 'there']);
  });

  test('is no longer waited for when the program ends', async () => {
    const { clock, stop, told, waited, asked } = start([]);
    await clock.advance(1000);
    stop.abort();
    await waited;
    assert.deepEqual([told, asked()], [['waits', 'stopped'], 1]);
  });
});
