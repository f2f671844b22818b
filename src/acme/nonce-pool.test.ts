import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createNoncePool, isNonce } from './nonce-pool.ts';
import { createManualClock } from './testing/manual-clock.ts';

describe('the nonce pool', () => {
  test('gives the newest first, each once', () => {
    const pool = createNoncePool(createManualClock());
    for (const nonce of ['a', 'b', 'c']) pool.add(nonce);
    assert.deepEqual([pool.take(), pool.take(), pool.take(), pool.take()], ['c', 'b', 'a', undefined]);
  });

  test('keeps 32 and lets the oldest go', () => {
    const pool = createNoncePool(createManualClock());
    for (let n = 0; n < 40; n += 1) pool.add(`n${n}`);
    assert.equal(pool.size, 32);
    const taken = Array.from({ length: 33 }, () => pool.take());
    assert.equal(taken[0], 'n39');
    assert.equal(taken[31], 'n8');
    assert.equal(taken[32], undefined);
  });

  const ages: [milliseconds: number, given: boolean][] = [
    [0, true],
    [60_000, true],
    [60_001, false],
    [86_400_000, false],
  ];
  for (const [milliseconds, given] of ages) {
    test(`a nonce of ${milliseconds} ms is ${given ? 'given' : 'forgotten'}`, () => {
      const clock = createManualClock();
      const pool = createNoncePool(clock);
      pool.add('old');
      clock.advance(milliseconds);
      assert.equal(pool.take(), given ? 'old' : undefined);
      assert.equal(pool.size, 0);
    });
  }

  test('a fresh one is given although older ones are forgotten with the next look', () => {
    const clock = createManualClock();
    const pool = createNoncePool(clock);
    pool.add('old');
    clock.advance(61_000);
    pool.add('new');
    assert.equal(pool.take(), 'new');
    assert.equal(pool.take(), undefined);
  });

  const texts: [string | undefined, boolean][] = [
    ['oFvnlFP1wIhRlYS2jTaXbA', true],
    ['a-b_c', true],
    ['', false],
    [undefined, false],
    ['two, joined', false],
    ['with=padding', false],
    ['a+b/c', false],
    ['x'.repeat(1025), false],
  ];
  for (const [text, good] of texts) {
    test(`${text?.slice(0, 30)} is ${good ? 'a' : 'no'} nonce`, () => assert.equal(isNonce(text), good));
  }

  test('what is no nonce is not kept', () => {
    const pool = createNoncePool(createManualClock());
    pool.add('not a nonce');
    pool.add(undefined);
    assert.equal(pool.size, 0);
  });
});
