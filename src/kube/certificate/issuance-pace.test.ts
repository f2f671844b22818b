import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIssuancePace } from './issuance-pace.ts';

const MINUTE = 60_000;

test('a few issuances in a row are free, then each waits twice as long as the one before', () => {
  const pace = createIssuancePace();
  let now = 1_000_000_000;
  const pauses: number[] = [];
  for (let count = 0; count < 12; count += 1) {
    const until = pace.until('a', 1, now) ?? now;
    pauses.push((until - now) / MINUTE);
    now = until;
    pace.begun('a', 1, now);
  }
  assert.deepEqual(pauses, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
  assert.equal(pace.until('b', 1, now), undefined);
});

test('another spec begins anew, and so does a Certificate that was left in peace for a while', () => {
  const pace = createIssuancePace();
  for (let count = 0; count < 6; count += 1) pace.begun('a', 1, 0);
  assert.equal(pace.until('a', 1, 0), 4 * MINUTE);
  assert.equal(pace.until('a', 2, 0), undefined);
  assert.equal(pace.until('a', 1, 10 * MINUTE + 1), undefined);
  pace.begun('a', 1, 10 * MINUTE + 1);
  assert.equal(pace.until('a', 1, 10 * MINUTE + 1), undefined);
  for (let count = 0; count < 6; count += 1) pace.begun('a', 1, 20 * MINUTE);
  pace.forget('a');
  assert.equal(pace.until('a', 1, 20 * MINUTE), undefined);
});
