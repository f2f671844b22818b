import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createRateLimiter } from './rate-limiter.ts';

function at(start = 1_000_000) {
  let time = start;
  return { now: () => time, move: (by: number) => (time += by) };
}

test('so many at once, then one for each step, and as many again after the interval', () => {
  const clock = at();
  const limiter = createRateLimiter({ count: 3, interval: 3000 }, clock);
  const takes = (many: number) => Array.from({ length: many }, () => limiter.take('a'));
  assert.deepEqual(takes(4), [undefined, undefined, undefined, 1000]);
  clock.move(999);
  assert.equal(limiter.take('a'), 1);
  clock.move(1);
  assert.deepEqual(takes(2), [undefined, 1000]);
  clock.move(3000);
  assert.deepEqual(takes(4), [undefined, undefined, undefined, 1000]);
});

test('each has its own', () => {
  const limiter = createRateLimiter({ count: 1, interval: 1000 }, at());
  assert.equal(limiter.take('a'), undefined);
  assert.equal(limiter.take('b'), undefined);
  assert.equal(limiter.take('a'), 1000);
});

test('one that is given back can be taken again, and no more than were there', () => {
  const limiter = createRateLimiter({ count: 2, interval: 1000 }, at());
  limiter.take('a');
  limiter.take('a');
  limiter.giveBack('a');
  assert.deepEqual([limiter.take('a'), limiter.take('a')], [undefined, 500]);
  for (let times = 0; times < 9; times += 1) limiter.giveBack('b');
  limiter.take('b');
  for (let times = 0; times < 9; times += 1) limiter.giveBack('b');
  assert.deepEqual([limiter.take('b'), limiter.take('b'), limiter.take('b')], [undefined, undefined, 500]);
});

test('no rate, and a count of 0, are no limit', () => {
  for (const rate of [undefined, { count: 0, interval: 1000 }]) {
    const limiter = createRateLimiter(rate, at());
    for (let takes = 0; takes < 100; takes += 1) assert.equal(limiter.take('a'), undefined);
  }
});

test('a clock that is put back shuts nobody out for longer than the interval', () => {
  const clock = at();
  const limiter = createRateLimiter({ count: 1, interval: 1000 }, clock);
  limiter.take('a');
  clock.move(-3_600_000);
  assert.equal(limiter.take('a'), 1000);
  clock.move(1000);
  assert.ok((limiter.take('a') ?? 0) <= 1000);
});

test('memory is bounded: who was seen longest ago goes first, and who has nothing to remember goes as well', () => {
  const clock = at();
  const limiter = createRateLimiter({ count: 1, interval: 1000 }, clock, 3);
  for (const who of ['a', 'b', 'c', 'd']) limiter.take(who);
  assert.deepEqual([limiter.take('b'), limiter.take('c'), limiter.take('d')], [1000, 1000, 1000]);
  assert.equal(limiter.take('a'), undefined, 'it was forgotten');
  assert.equal(limiter.take('b'), undefined, 'and now this one');
  clock.move(1000);
  for (const who of ['e', 'f']) limiter.take(who);
  assert.deepEqual([limiter.take('e'), limiter.take('f')], [1000, 1000]);
});

test('in no span of time more than the bucket and what came into it', () => {
  const step = fc.record({ after: fc.nat(500), who: fc.constantFrom('a', 'b') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (steps, count) => {
      const clock = at();
      const limiter = createRateLimiter({ count, interval: 1000 }, clock);
      const granted: number[] = [];
      for (const { after, who } of steps) {
        clock.move(after);
        if (limiter.take(who) === undefined && who === 'a') granted.push(clock.now());
      }
      for (const [from, first] of granted.entries()) {
        for (const [to, last] of granted.slice(from).entries()) {
          assert.ok(to + 1 <= count + ((last - first) * count) / 1000 + 1e-6, `${to + 1} from ${first} to ${last}`);
        }
      }
    }),
  );
});
